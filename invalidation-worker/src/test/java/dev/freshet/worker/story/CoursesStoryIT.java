package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Codec;
import dev.freshet.cache.Ttl;
import dev.freshet.cache.TypedCache;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.model.Tag;
import dev.freshet.worker.dev.App;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The course platform, from end to end. */
class CoursesStoryIT extends SystemStory {
    private static final Reader ADA = reader(Map.of("sub", "s1", "role", "student"));
    private static final Reader SAM = reader(Map.of("sub", "s2", "role", "student"));
    private static final Reader TEACHER = reader(Map.of("sub", "t2", "role", "teacher"));
    private static final Reader ADMIN = reader(Map.of("sub", "a1", "role", "admin"));

    public record Course(String id, String title) {}

    CoursesStoryIT() {
        super("courses");
    }

    @Test
    @Row("function wrappers; TTL names")
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
    }

    @Test
    @Row("invalidation by event: course, student, teacher, analytics; by pattern")
    void whatAnEventTouchesIsFreshAndNothingElse() {
        var ofTheCourse = "all courses, course c1, the numbers of c1, the teacher's dashboard, the admin's dashboard";
        expect(
                write("PUT /api/courses", "{\"id\": \"c1\", \"title\": \"Told\"}"),
                ofTheCourse,
                "course:c1 course-stats:c1 courses teacher:t2");
        expect(
                sql("update \"Course\" set title = 'Untold' where id = 'c1'"),
                ofTheCourse,
                "course:c1 course-stats:c1 courses teacher:t2");
        var ofTheStudent = "Ada's dashboard, Ada's courses, Ada's payment, the numbers of c1, the teacher's dashboard,"
                + " the admin's dashboard, the revenue";
        var tags = "student:s1 course-stats:c1 teacher:t2 analytics";
        expect(paid("evt_it_1", 1_772_000_000L), ofTheStudent, tags);
        assertThat(json(get("/api/student/payments/p-open", ADA)).path("status").asText())
                .isEqualTo("paid");
        assertThat(get("/api/student/courses", ADA).body()).contains("\"c1\"");
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
    @Row("metrics: hit rate, response time, memory, evictions, failed operations")
    void whatTheCacheDoesIsMeasured() {
        get("/api/courses");
        get("/api/courses");
        awaitUntil(() -> stats("activeCourses").path("hitRate").asDouble() > 0);
        assertThat(stats("activeCourses").path("loadSeconds").isNumber()).isTrue();
        assertThat(stats("activeCourses").path("errors").isNumber()).isTrue();
        var redis = json(admin("GET", STATS, "")).path("redis").path(0);
        assertThat(redis.path("usedBytes").asLong()).isPositive();
        assertThat(redis.path("evicted").isNumber()).isTrue();
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
