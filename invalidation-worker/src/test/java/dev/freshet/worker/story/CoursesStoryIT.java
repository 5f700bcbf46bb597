package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Level;
import dev.freshet.cache.Codec;
import dev.freshet.cache.Ttl;
import dev.freshet.cache.TypedCache;
import dev.freshet.cache.jdbi.CachePlugin;
import dev.freshet.cache.jdbi.Cached;
import dev.freshet.cache.jdbi.Invalidates;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.Targets;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.testing.EmbeddedTls;
import dev.freshet.testing.TestCertificates;
import dev.freshet.worker.dev.App;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The course platform, from end to end. */
class CoursesStoryIT extends SystemStory {
    private static final Reader ADA = reader(Map.of("sub", "s1", "role", "student"));
    private static final Reader SAM = reader(Map.of("sub", "s2", "role", "student"));
    private static final Reader TEACHER = reader(Map.of("sub", "t2", "role", "teacher"));
    private static final Reader ADMIN = reader(Map.of("sub", "a1", "role", "admin"));

    private static final String LOG = "dev.freshet.cache.log";

    public record Course(String id, String title) {}

    CoursesStoryIT() {
        super("courses");
    }

    /** The platform's repository: plain, or with a cache where its Jdbi has one. */
    interface Courses {
        @SqlQuery("select id, title from \"Course\" where id = :id")
        @Cached(view = "repository", tags = "course:{id}", ttl = "LONG")
        @Nullable Course find(@Bind("id") String id);

        @SqlUpdate("update \"Course\" set title = :title where id = :id")
        @Invalidates("course:{id}")
        void rename(@Bind("id") String id, @Bind("title") String title);
    }

    @Test
    @Row("managed Redis over TLS (Upstash and the like)")
    void aRedisOverTlsThatRefusesToBlockIsEnough() {
        assumeTrue(EmbeddedTls.isSupported());
        try (var certificates = TestCertificates.of("ip:127.0.0.1");
                var redis = EmbeddedTls.start(certificates, "-@blocking");
                var said = Said.by("dev.freshet.queue.Waiting", Level.WARN)) {
            certificates.trust();
            var url = redis.url(EmbeddedTls.USER + ":" + EmbeddedTls.PASSWORD).toString();
            try (var managed = stage(Map.of("REDIS_QUEUE_URL", url, "REDIS_CACHE_URL", url));
                    var there = new App(managed)) {
                there.get("/api/courses/c1"); // unless it was warmed
                assertThat(App.outcome(there.get("/api/courses/c1"))).isEqualTo("HIT");
                for (var title : List.of("First", "Second")) {
                    there.sql("update \"Course\" set title = '" + title + "' where id = 'c1'");
                    awaitUntil(() -> there.get("/api/courses/c1").body().contains(title));
                }
                awaitUntil(there::isQuiet);
                assertThat(there.queue().missing()).isZero();
            }
            assertThat(said.lines())
                    .singleElement(STRING)
                    .startsWith("redis refuses to block")
                    .contains("NOPERM");
        }
    }

    @Test
    @Row("function wrappers and an annotation; TTL names")
    void whatAFunctionLoadsIsFreshWhenPrismaWrites() {
        assertThat(Arrays.stream(Ttl.values()).map(ttl -> ttl.duration().toSeconds()))
                .containsExactly(60L, 300L, 1_800L, 3_600L, 86_400L);
        var loads = new AtomicInteger();
        var courses = TypedCache.<String, Course>of(app.cache(), "own-course", Codec.json(Course.class))
                .tags(id -> List.of(new Tag("course:" + id)))
                .ttl(Ttl.LONG.duration())
                .build();
        for (int i = 0; i < 2; i++) {
            courses.wrap("c5", id -> new Course(id, "loaded " + loads.incrementAndGet()));
        }
        assertThat(loads).hasValue(1);
        app.sql("update \"Course\" set title = 'Another' where id = 'c5'");
        awaitUntil(() -> courses.get("c5").isEmpty());
        assertThat(Objects.requireNonNull(courses.wrap("c5", id -> new Course(id, "again")))
                        .title())
                .isEqualTo("again");
    }

    @Test
    @Row({"function wrappers and an annotation; TTL names", "cached repositories over plain ones"})
    void aRepositoryWithAnAnnotationIsFreshWhenPrismaWrites() {
        try (var database = new Database(app.stage().database(), DatabaseOptions.DEFAULTS.withPoolSize(1));
                var said = Said.by(LOG, Level.DEBUG)) {
            var jdbi = Jdbi.create(database::connection)
                    .installPlugin(new SqlObjectPlugin())
                    .registerRowMapper(ConstructorMapper.factory(Course.class));
            var cached = jdbi.installPlugin(new CachePlugin(app.cache())).onDemand(Courses.class);
            assertThat(cached.find("c6")).isEqualTo(new Course("c6", "Course 6"));
            assertThat(cached.find("c6")).isEqualTo(new Course("c6", "Course 6"));
            assertThat(times(said.lines(), "GET repository:c6")).containsExactly("MISS", "HIT");
            app.sql("update \"Course\" set title = 'By Prisma' where id = 'c6'");
            awaitUntil(() -> new Course("c6", "By Prisma").equals(cached.find("c6")));
            cached.rename("c6", "By the repository");
            assertThat(cached.find("c6")).isEqualTo(new Course("c6", "By the repository"));
            awaitQuiet();
            assertThat(json(get("/api/courses/c6")).path("title").asText()).isEqualTo("By the repository");
        }
    }

    @Test
    @Row("typed keys")
    void everyKeyHasItsTimeToLive() {
        assertThat(app.catalog().views().keySet().stream().map(this::family))
                .containsExactlyInAnyOrder(
                        "300 courses:active",
                        "1800 course:{courseId}",
                        "300 course:stats:{courseId}",
                        "300 student:dashboard:{studentId}",
                        "300 student:courses:{studentId}",
                        "1800 student:profile:{studentId}",
                        "300 enrollment:{studentId}:{enrollmentId}",
                        "300 payment:{studentId}:{paymentId}",
                        "300 teacher:dashboard:{teacherId}",
                        "300 teacher:courses:{teacherId}",
                        "1800 teacher:profile:{teacherId}",
                        "300 admin:dashboard",
                        "3600 analytics:platform",
                        "3600 analytics:enrollments",
                        "3600 analytics:revenue");
        expectKey(get("/api/courses"), "courses:active");
        expectKey(get("/api/courses/c1"), "course:c1");
        expectKey(get("/api/courses/c1/stats"), "course:stats:c1");
        expectKey(get("/api/student/dashboard", ADA), "student:dashboard:s1");
        expectKey(get("/api/student/courses", ADA), "student:courses:s1");
        expectKey(get("/api/student/profile", ADA), "student:profile:s1");
        expectKey(get("/api/student/enrollments/e1-2", ADA), "enrollment:s1:e1-2");
        expectKey(get("/api/student/payments/p1-2", ADA), "payment:s1:p1-2");
        expectKey(get("/api/teacher/dashboard", TEACHER), "teacher:dashboard:t2");
        expectKey(get("/api/teacher/courses", TEACHER), "teacher:courses:t2");
        expectKey(get("/api/teachers/t2"), "teacher:profile:t2");
        expectKey(get("/api/admin/dashboard", ADMIN), "admin:dashboard");
        for (var analytics : List.of("platform", "enrollments", "revenue")) {
            expectKey(get("/api/analytics/" + analytics, ADMIN), "analytics:" + analytics);
        }
    }

    @Test
    @Row("invalidation by event: course, student, teacher, analytics; by pattern")
    void whatAnEventTouchesIsFreshAndNothingElse() {
        var ofTheCourse = "all courses, course c1, the numbers of c1, Ada's courses, Ada's enrollment,"
                + " the teacher's dashboard, the admin's dashboard";
        expect(
                write("PUT /api/courses", "{\"id\": \"c1\", \"title\": \"Told\"}"),
                ofTheCourse,
                "course:c1 course-stats:c1 courses teacher:t2");
        expect(
                sql("update \"Course\" set title = 'Untold' where id = 'c1'"),
                ofTheCourse,
                "course:c1 course-stats:c1 courses teacher:t2");
        var ofTheStudent = "Ada's dashboard, Ada's courses, Ada's enrollment, Ada's payment, the numbers of c1,"
                + " the teacher's dashboard, the admin's dashboard, the revenue";
        var tags = "student:s1 course-stats:c1 teacher:t2 analytics";
        expect(paid("evt_it_1", 1_772_000_000L), ofTheStudent, tags);
        assertThat(json(get("/api/student/payments/p-open", ADA)).path("status").asText())
                .isEqualTo("paid");
        assertThat(get("Ada's courses").body()).contains("\"c1\"", "Untold");
        expect(
                sql("update \"Course\" set title = 'Renamed' where id = 'c1'"),
                ofTheCourse,
                "course:c1 course-stats:c1 courses teacher:t2");
        assertThat(get("Ada's courses").body()).contains("Renamed");
        assertThat(get("Ada's enrollment").body()).contains("Renamed");
        expect(
                sql("update \"Enrollment\" set progress = 0.9 where \"studentId\" = 's1' and \"courseId\" = 'c1'"),
                ofTheStudent,
                tags);
        expect(
                sql("update \"User\" set bio = 'Retired' where id = 't2'"),
                "all courses, course c1, the teacher, the teacher's dashboard, the admin's dashboard, the revenue",
                "student:t2 teacher:t2 teacher-profile:t2 people analytics");
        get("/api/courses/c3");
        get("/api/courses/c4");
        assertThat(clear("{\"pattern\":\"course:c[34]\"}")).isEqualTo(2);
    }

    private Runnable paid(String id, long at) {
        var site = Objects.requireNonNull(app.catalog().sites().get("payments"));
        var body = """
                {"id":"%s","type":"payment_intent.succeeded","created":%d,
                 "data":{"object":{"amount_received":1000,"metadata":{"paymentId":"p-open"}}}}""".formatted(id, at);
        return () -> {
            assertThat(json(app.send(new Act.Webhook(site, "", body, Signed.RIGHT)))
                            .path("status")
                            .asText())
                    .isEqualTo("accepted");
            assertThat(json(app.send(new Act.Webhook(site, "", body, Signed.RIGHT)))
                            .path("status")
                            .asText())
                    .isEqualTo("duplicate");
        };
    }

    /** Stripe promises no order: what it created first does not undo what came later. */
    @Test
    void anOldPaymentDoesNotUndoARefund() {
        app.sql("""
                insert into "Payment" (id, "studentId", "courseId", "amountCents") values ('p-late', 's3', 'c10', 100)
                on conflict do nothing""");
        var site = Objects.requireNonNull(app.catalog().sites().get("payments"));
        var body =
                "{\"id\":\"%s\",\"type\":\"%s\",\"created\":%d,\"data\":{\"object\":{\"metadata\":{\"paymentId\":\"p-late\"}}}}";
        app.send(new Act.Webhook(site, "", body.formatted("evt_r", "charge.refunded", 1_772_000_100L), Signed.RIGHT));
        app.send(new Act.Webhook(
                site, "", body.formatted("evt_p", "payment_intent.succeeded", 1_772_000_000L), Signed.RIGHT));
        awaitQuiet();
        var student = reader(Map.of("sub", "s3", "role", "student"));
        assertThat(json(get("/api/student/payments/p-late", student))
                        .path("status")
                        .asText())
                .isEqualTo("refunded");
    }

    @Test
    @Row("warming: dashboards of active users, popular courses")
    void whatWasReadIsWarmedAfterAnEmptying() {
        get("/api/courses");
        assertThat(freshet("cache", "clear", "--all").code()).isZero();
        var warm = freshet("cache", "warm");
        assertThat(warm.code()).as(warm.said()).isZero();
        assertThat(App.outcome(get("/api/courses/c2")))
                .as("popular, and read by nobody yet")
                .isEqualTo("HIT");
        assertThat(App.outcome(get("/api/teacher/dashboard", TEACHER)))
                .as("of an active user")
                .isEqualTo("HIT");
    }

    @Test
    @Row("development log of every operation with its time")
    void eachOperationIsALineWithItsTime() {
        try (var said = Said.by(LOG, Level.DEBUG)) {
            get("/api/courses/c9");
            get("/api/courses/c9");
            assertThat(clear("{\"pattern\":\"course:c9\"}")).isEqualTo(1);
            event("student.enrolled", "{\"studentId\": \"s9\", \"courseId\": \"c9\"}")
                    .run();
            assertThat(times(said.lines(), "GET course:c9")).containsExactly("MISS", "HIT");
            assertThat(times(said.lines(), "DELETE \\?+:course:c9")).containsExactly("1");
            assertThat(times(said.lines(), "INVALIDATE \\[.*course-stats:c9.*]"))
                    .containsExactly("OK");
        }
        try (var said = Said.by(LOG, Level.INFO)) {
            get("/api/courses/c9");
            assertThat(said.lines()).as("keys may be personal").isEmpty();
        }
    }

    /**
     * What operations came to, each with its time in ms.
     *
     * @param operation with its key, as a regular expression
     */
    private static List<String> times(List<String> lines, String operation) {
        var line = Pattern.compile(operation.replaceFirst(" ", " (?:[0-9a-f]{8}:)?") + " (\\w+) \\d+\\.\\d\\d ms");
        return lines.stream()
                .map(line::matcher)
                .filter(Matcher::matches)
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    @Row("metrics: hit rate, response time, memory, evictions, failed operations")
    void whatTheCacheDoesIsMeasured() {
        get("/api/courses");
        get("/api/courses");
        awaitUntil(() -> stats("activeCourses").path("hitRate").asDouble() > 0);
        assertThat(stats("activeCourses").path("loadSeconds").asDouble()).isPositive();
        app.sql("alter table \"Lesson\" rename to \"Moved\"");
        try {
            assertThat(get("/api/courses/c7").statusCode()).isEqualTo(500);
        } finally {
            app.sql("alter table \"Moved\" rename to \"Lesson\"");
        }
        awaitUntil(() -> stats("courseDetails").path("errors").asLong() > 0);
        assertThat(metric("freshet_cache_errors_total", label("view", "courseDetails")))
                .isPositive();
        evictAll();
        var redis = json(admin("GET", STATS, "")).path("redis").path(0);
        assertThat(redis.path("usedBytes").asLong()).isPositive();
        assertThat(redis.path("evicted").asLong()).isPositive();
    }

    @Test
    @Row("targets")
    void whatIsExpectedIsComparedWithWhatIsMeasured() {
        var next = new AtomicInteger();
        expectTargets(
                new Targets(
                        Optional.of(0.9),
                        Optional.empty(),
                        Map.of(
                                "studentDashboard", hits(0.5),
                                "studentCourses", hits(0.5),
                                "enrollment", hits(0.5),
                                "payment", hits(0.5),
                                "teacherDashboard", hits(0.7),
                                "teacherCourses", hits(0.7)),
                        Optional.of(Duration.ofMillis(10)),
                        Optional.of(Duration.ofMillis(30)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()),
                "*",
                () -> get("/api/courses"),
                () -> get("/api/courses/nobody-" + next.incrementAndGet()));
        awaitMissed(
                app,
                "studentDashboard",
                1,
                () -> get(
                        "/api/student/dashboard",
                        reader(Map.of("sub", "nobody-" + next.incrementAndGet(), "role", "student"))));
        awaitMissed(app, "studentDashboard", 0, () -> get("/api/student/dashboard", ADA));
    }

    @Test
    @Row("targets")
    void noFaultOfTheCacheReachesAUser() {
        without(Server.CACHE, () -> {
            for (int i = 0; i < 3; i++) {
                assertThat(get("/api/courses").statusCode()).isEqualTo(200);
                assertThat(get("/api/student/dashboard", ADA).statusCode()).isEqualTo(200);
                assertThat(get("/api/analytics/revenue", ADMIN).statusCode()).isEqualTo(200);
            }
        });
    }

    @Test
    @Row("teacher and student courses, enrollment and payment details as views")
    void whatIsPersonalIsReadByItsOwnerAlone() {
        for (var path : List.of(
                "/api/student/dashboard",
                "/api/student/courses",
                "/api/student/profile",
                "/api/student/payments/p1-2",
                "/api/student/enrollments/e1-2")) {
            var adas = get(path, ADA);
            var sams = get(path, SAM);
            assertThat(adas.statusCode()).as(path).isEqualTo(200);
            assertThat(adas.body()).as(path).isNotEqualTo("null").isNotEqualTo(sams.body());
            assertThat(App.outcome(get(path, ADA))).isEqualTo("HIT");
            assertThat(get(path, ADA).headers().firstValue("Cache-Control").orElse(""))
                    .contains("private");
            assertThat(get(path + "?studentId=s1", SAM).statusCode()).isEqualTo(400);
            assertThat(get(path, TEACHER).statusCode()).isEqualTo(403);
            assertThat(get(path).statusCode()).isEqualTo(401);
        }
        assertThat(get("/api/student/payments/p1-2", SAM).body()).isEqualTo("null");
        assertThat(get("/api/teacher/courses", TEACHER).statusCode()).isEqualTo(200);
        assertThat(get("/api/analytics/revenue", ADMIN).statusCode()).isEqualTo(200);
        assertThat(get("/api/analytics/revenue", ADA).statusCode()).isEqualTo(403);
        var forged = new Reader("app", ADMIN.claims(), Signed.WRONG);
        assertThat(get("/api/analytics/revenue", forged).statusCode()).isEqualTo(401);
        assertThat(Instant.parse(get("/api/student/dashboard", ADA)
                        .headers()
                        .firstValue("X-Loaded-At")
                        .orElseThrow()))
                .isNotNull();
    }
}
