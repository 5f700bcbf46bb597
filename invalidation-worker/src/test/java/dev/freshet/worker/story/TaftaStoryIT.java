package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.Samples;
import dev.freshet.worker.story.Tafta.Read;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * TAFTA from end to end: for each topic that its catalog names, which rows change, which cached values become fresh,
 * what the front end is told, and that nothing else is touched.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TaftaStoryIT {
    private static final Instant NOW = Instant.parse("2026-02-01T10:00:00Z");

    /** The values that somebody has read, by the short names of the table below. */
    private static final Map<String, String> VALUES = values();

    private static final String COHORT_1 = "enrollments:1 cohort:1 ";
    private static final String COHORT_3 = "enrollments:3 enrollments:3:2 cohort:3 ";
    private static final String COHORT_4 = "enrollments:4 cohort:4 ";
    private static final String APPLICANTS = "applicants applicants:3 applicants:pending ";
    private static final String TOTALS = "statistics dashboard ";
    private static final String ENROLLMENT_TAGS = "enrollments statistics dashboard ";
    private static final String APPLICANT_TAGS = "applicants statistics dashboard ";

    private Tafta tafta;
    private Map<String, Read> reads;

    /**
     * A change and all that it does.
     *
     * @param rows what is added (+), changed (~) and removed (-)
     * @param fresh names of {@link #VALUES}; all others stay as they are
     * @param tags what every instance of the front end is told
     * @param holds a condition on the rows afterwards, in SQL
     */
    record Change(
            String name,
            Function<Tafta, HttpResponse<String>> send,
            String rows,
            String fresh,
            String tags,
            String paths,
            String holds) {

        Change holding(String condition) {
            return new Change(name, send, rows, fresh, tags, paths, condition);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeAll
    void start() {
        tafta = new Tafta(2, Map.of("CALLBACK_LONGEST_RENDER", "100ms", "CALLBACK_MAX_PAUSE", "200ms"));
        reads = new LinkedHashMap<>();
        VALUES.forEach((name, read) -> reads.put(name, tafta.read(read)));
    }

    @AfterAll
    void stop() {
        tafta.close();
    }

    @BeforeEach
    void everythingIsRead() {
        tafta.resetRows();
        reads.values().forEach(tafta::forget);
        reads.values().forEach(tafta::get);
        assertThat(reads.values().stream().map(tafta::get).map(Tafta::outcome)).containsOnly("HIT");
        tafta.frontEnds().forEach(instance -> instance.forget());
    }

    static Stream<Change> thinkific() {
        return Stream.of(
                sample("user.signup", "+users 123456", "statistics ada", "statistics user:ada.sample@example.com", ""),
                sample(
                        "enrollment.created",
                        "+enrollments 97472",
                        TOTALS + COHORT_3 + "ada",
                        ENROLLMENT_TAGS + "cohort:3 user:ada.sample@example.com",
                        "/dashboard /dashboard/3"),
                sample(
                                "enrollment.progress",
                                "+enrollments 4",
                                TOTALS + COHORT_3 + "ada",
                                ENROLLMENT_TAGS + "cohort:3 user:ada.sample@example.com",
                                "/dashboard /dashboard/3")
                        .holding("(select percentage_completed = 0.24 and user_email = 'ada.sample@example.com'"
                                + " from enrollments where id = 4)"),
                sample(
                        "enrollment.completed",
                        "+enrollments 97472",
                        TOTALS + COHORT_3 + "ada",
                        ENROLLMENT_TAGS + "cohort:3 user:ada.sample@example.com",
                        "/dashboard /dashboard/3"),
                sample(
                        "lesson.completed",
                        "+lesson_completions 1084282/24220",
                        COHORT_3 + "ada",
                        "cohort:3 user:ada.sample@example.com",
                        "/dashboard/3"),
                sample(
                        "quiz.attempted",
                        "+quiz_attempts 12511",
                        COHORT_4 + "sam",
                        "cohort:4 user:sam.sample@example.com",
                        "/dashboard/4"),
                sample("order.created", "+orders 19796", "statistics ada", "statistics user:ada.sample@example.com", "")
                        .holding("(select order_number = '1010' and coupon_code = 'discount123' from orders"
                                + " where id = 19796)"),
                sample("lead.created", "+leads 33", "statistics", "statistics", ""),
                delivery(
                        "enrollment.trial",
                        "{\"id\":5,\"free_trial\":true,\"user\":{\"email\":\"sam.sample@example.com\"}}",
                        "+enrollments 5",
                        TOTALS + COHORT_4 + "sam",
                        ENROLLMENT_TAGS + "cohort:4 user:sam.sample@example.com",
                        "/dashboard /dashboard/4"),
                delivery(
                        "user.updated",
                        "{\"id\":1001,\"email\":\"LEARNER1@Example.com\",\"first_name\":\"Lea\"}",
                        "~users 1001",
                        "statistics learner1",
                        "statistics user:learner1@example.com",
                        ""),
                delivery(
                        "user.deleted",
                        "{\"id\":1001,\"email\":\"learner1@example.com\"}",
                        "-users 1001",
                        "statistics learner1",
                        "statistics user:learner1@example.com",
                        ""),
                delivery(
                        "course.updated",
                        "{\"id\":4,\"name\":\"Renamed Course\"}",
                        IntStream.rangeClosed(1001, 1090)
                                .mapToObj(id -> "~enrollments " + id)
                                .collect(Collectors.joining(", ")),
                        VALUES.keySet().stream()
                                .filter(name -> name.matches("enrollments.*|[a-z]+\\d*"))
                                .filter(name -> !Set.of("applicants", "statistics", "dashboard")
                                        .contains(name))
                                .collect(Collectors.joining(" ")),
                        "courses enrollments",
                        "/dashboard"));
    }

    static Stream<Change> traps() {
        return Stream.of(
                named(
                        "an enrollment of which only the id is said keeps the rest, and its learner is found",
                        delivery(
                                "enrollment.progress",
                                "{\"id\":1001}",
                                "",
                                TOTALS + COHORT_3 + "learner1",
                                ENROLLMENT_TAGS + "cohort:3 user:learner1@example.com",
                                "/dashboard /dashboard/3")),
                named(
                        "an unknown enrollment of which only the id is said is kept, and is nobody's",
                        delivery(
                                "enrollment.created",
                                "{\"id\":5}",
                                "+enrollments 5",
                                TOTALS,
                                ENROLLMENT_TAGS,
                                "/dashboard")),
                named(
                        "the case of an address does not matter",
                        delivery(
                                        "enrollment.created",
                                        "{\"id\":5,\"user\":{\"email\":\"ADA.Sample@Example.COM\"}}",
                                        "+enrollments 5",
                                        TOTALS + COHORT_3 + "ada",
                                        ENROLLMENT_TAGS + "cohort:3 user:ada.sample@example.com",
                                        "/dashboard /dashboard/3")
                                .holding("(select user_email = 'ada.sample@example.com' from enrollments"
                                        + " where id = 5)")),
                named(
                        "the address of a test delivery is the one behind [TEST]",
                        delivery(
                                "lesson.completed",
                                "{\"enrollment\":{\"id\":7},\"lesson\":{\"id\":8},"
                                        + "\"user\":{\"email\":\"[TEST] Sam.Sample@example.com\"}}",
                                "+lesson_completions 7/8",
                                COHORT_4 + "sam",
                                "cohort:4 user:sam.sample@example.com",
                                "/dashboard/4")),
                named(
                        "an enrollment that changes hands leaves both learners and their cohorts fresh",
                        delivery(
                                "enrollment.progress",
                                "{\"id\":1001,\"user\":{\"email\":\"sam.sample@example.com\"}}",
                                "~enrollments 1001",
                                TOTALS + COHORT_3 + COHORT_4 + "sam learner1",
                                ENROLLMENT_TAGS
                                        + "cohort:3 cohort:4 user:learner1@example.com user:sam.sample@example.com",
                                "/dashboard /dashboard/3 /dashboard/4")),
                named(
                        "a user whose address changes is fresh under both",
                        delivery(
                                "user.updated",
                                "{\"id\":1001,\"email\":\"kim.sample@example.com\"}",
                                "~users 1001",
                                "statistics learner1 kim",
                                "statistics user:kim.sample@example.com user:learner1@example.com",
                                "")),
                named(
                        "an order without items, coupon and number is one all the same",
                        delivery(
                                "order.created",
                                "{\"id\":6,\"coupon\":null,\"amount_cents\":100,"
                                        + "\"user\":{\"email\":\"sam.sample@example.com\"}}",
                                "+orders 6",
                                "statistics sam",
                                "statistics user:sam.sample@example.com",
                                "")),
                named(
                        "a topic that the catalog does not name is accepted and changes nothing",
                        delivery("subscription.canceled", "{\"id\":1}", "", "", "", "")),
                named(
                        "a learner whom nobody knows is kept for later",
                        delivery(
                                "quiz.attempted",
                                "{\"result_id\":9,\"quiz\":{\"id\":1},\"user\":{\"email\":\"new@example.com\"}}",
                                "+quiz_attempts 9",
                                "",
                                "user:new@example.com",
                                "")));
    }

    static Stream<Change> ownChanges() {
        return Stream.of(
                write(
                        "POST /api/enrollments/cached",
                        "{\"id\":5,\"email\":\"Sam.Sample@example.com\",\"percentageCompleted\":0.5}",
                        "+enrollments 5",
                        TOTALS + COHORT_4 + "sam",
                        ENROLLMENT_TAGS + "cohort:4 user:sam.sample@example.com",
                        "/dashboard /dashboard/4"),
                write(
                        "PUT /api/enrollments/cached",
                        "{\"id\":1001,\"percentageCompleted\":1,\"completedAt\":\"2026-01-01T00:00:00Z\"}",
                        "~enrollments 1001",
                        TOTALS + COHORT_3 + "learner1",
                        ENROLLMENT_TAGS + "cohort:3 user:learner1@example.com",
                        "/dashboard /dashboard/3"),
                write(
                        "DELETE /api/enrollments/cached",
                        "{\"id\":1001}",
                        "-enrollments 1001",
                        TOTALS + COHORT_3 + "learner1",
                        ENROLLMENT_TAGS + "cohort:3 user:learner1@example.com",
                        "/dashboard /dashboard/3"),
                write(
                        "PATCH /api/applicants/cached",
                        "{\"email\":\"Kim.Sample@example.com\"}",
                        "~applicants kim.sample@example.com",
                        TOTALS + APPLICANTS + COHORT_3 + "kim",
                        APPLICANT_TAGS + "cohort:3 user:kim.sample@example.com",
                        "/dashboard /dashboard/3"),
                named(
                        "several applicants are approved at once",
                        write(
                                "PATCH /api/applicants/cached",
                                "{\"emails\":[\"kim.sample@example.com\",\"LEE.sample@example.com\"]}",
                                "~applicants kim.sample@example.com, ~applicants lee.sample@example.com",
                                TOTALS + APPLICANTS + COHORT_3 + COHORT_4 + "kim lee",
                                APPLICANT_TAGS
                                        + "cohort:3 cohort:4 user:kim.sample@example.com user:lee.sample@example.com",
                                "/dashboard /dashboard/3 /dashboard/4")),
                named(
                        "who moves from cohort 3 to cohort 4 leaves both fresh",
                        write(
                                "PUT /api/applicants/cached",
                                "{\"email\":\"ada.sample@example.com\",\"cohortId\":4}",
                                "~applicants ada.sample@example.com",
                                TOTALS + APPLICANTS + COHORT_3 + COHORT_4 + "ada",
                                APPLICANT_TAGS + "cohort:3 cohort:4 user:ada.sample@example.com",
                                "/dashboard /dashboard/3 /dashboard/4")),
                write(
                        "DELETE /api/applicants/cached",
                        "{\"email\":\"learner61@example.com\"}",
                        "-applicants learner61@example.com",
                        TOTALS + APPLICANTS + COHORT_1 + "learner61",
                        APPLICANT_TAGS + "cohort:1 user:learner61@example.com",
                        "/dashboard /dashboard/1"),
                event(
                        "enrollment.added",
                        "{\"id\":5,\"email\":\"sam.sample@example.com\"}",
                        "+enrollments 5",
                        TOTALS + COHORT_4 + "sam",
                        ENROLLMENT_TAGS + "cohort:4 user:sam.sample@example.com",
                        "/dashboard /dashboard/4"),
                event(
                        "applicant.approved",
                        "{\"cohortId\":3}",
                        "",
                        TOTALS + APPLICANTS + COHORT_3,
                        APPLICANT_TAGS + "cohort:3",
                        "/dashboard /dashboard/3"),
                event(
                        "applicants.changed",
                        "{\"cohortId\":4}",
                        "",
                        TOTALS + APPLICANTS + COHORT_4,
                        APPLICANT_TAGS + "cohort:4",
                        "/dashboard /dashboard/4"),
                event(
                        "enrollments.changed",
                        "{\"cohortId\":3}",
                        "",
                        TOTALS + COHORT_3,
                        ENROLLMENT_TAGS + "cohort:3",
                        "/dashboard /dashboard/3"),
                event(
                        "statistics.changed",
                        "{\"cohortId\":3}",
                        "",
                        TOTALS + COHORT_3,
                        TOTALS + "cohort:3",
                        "/dashboard /dashboard/3"),
                event(
                        "user.changed",
                        "{\"userEmail\":\"ADA.sample@example.com\"}",
                        "",
                        "ada",
                        "user:ada.sample@example.com",
                        ""));
    }

    @ParameterizedTest
    @Row(
            value = {
                "webhook handler",
                "tags `enrollments`, `applicants`, `statistics`, `dashboard`, `cohort:{id}`, `user:{email}`",
                "the dashboard's revalidation route"
            },
            also = "dev.freshet.worker.story.FrontEndsStoryIT#aDeployLosesNothingAndDelaysNothingElse")
    @MethodSource("thinkific")
    void aDeliveryOfThinkificMakesFreshWhatDependsOnIt(Change change) {
        play(change);
    }

    @ParameterizedTest
    @MethodSource("traps")
    void aStrangeDeliveryIsUnderstood(Change change) {
        play(change);
    }

    /** Read at once after the answer, and not stale: who writes waits until it is visible. */
    @ParameterizedTest
    @Row({
        "`revalidateAfterChange('enrollment', { cohortId })`",
        "`revalidateAfterChange('applicant', { cohortId })`",
        "`revalidateAfterChange('statistics', { cohortId })`",
        "`revalidateAfterChange('user', { userEmail })`",
        "`POST`, `PUT` enrollments; `PATCH`, `DELETE` applicants"
    })
    @MethodSource("ownChanges")
    void aChangeOfTheApplicationIsVisibleWhenItIsAnswered(Change change) {
        play(change, answer -> {
            assertThat(tafta.json(answer).path("applied").asBoolean())
                    .as(answer.body())
                    .isTrue();
            expectNothingStale();
        });
    }

    @Test
    void everyTopicOfTheCatalogIsInTheStory() {
        var played = Stream.of(thinkific(), ownChanges())
                .flatMap(changes -> changes)
                .map(Change::name)
                .toList();
        assertThat(tafta.topicsAndRoutes())
                .allMatch(alternatives -> alternatives.stream()
                        .anyMatch(name -> played.contains(name)
                                || name.equals(
                                        "PUT /api/applicants/cached"))); // played under the name of what it means
    }

    private void play(Change change) {
        play(change, answer -> {});
    }

    private void play(Change change, Consumer<HttpResponse<String>> atOnce) {
        var rows = tafta.rows();
        var loaded = loadedAt();
        long ignored = tafta.queue().count("ignored");
        boolean doesNothing = change.tags().isEmpty();

        var answer = change.send().apply(tafta);
        atOnce.accept(answer);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(tafta.json(answer).path("status").asText()).isEqualTo("accepted");
        tafta.awaitQuiet();
        assertThat(differences(rows, tafta.rows())).isEqualTo(sorted(change.rows(), ", "));
        assertThat(tafta.holds(change.holds())).as(change.holds()).isTrue();
        assertThat(touchedSince(loaded)).isEqualTo(sorted(change.fresh(), " "));
        expectNothingStale();
        for (var instance : tafta.frontEnds()) {
            assertThat(instance.tags()).isEqualTo(sorted(change.tags(), " "));
            assertThat(instance.paths()).isEqualTo(sorted(change.paths(), " "));
            assertThat(instance.received()).as("a call and its second pass").isEqualTo(doesNothing ? 0 : 2);
        }
        assertThat(tafta.queue().count("ignored")).isEqualTo(doesNothing ? ignored + 1 : ignored);
        assertThat(tafta.queue().dead()).isZero();
        assertThat(tafta.queue().missing()).isZero();
    }

    @Test
    void anOldCreatedAfterADeleteBringsNothingBack() {
        var enrollment = "{\"id\":5,\"user\":{\"email\":\"sam.sample@example.com\"},\"percentage_completed\":\"0.5\"}";
        tafta.webhook("enrollment.created", NOW, enrollment);
        tafta.awaitQuiet();
        assertThat(tafta.holds("exists (select from enrollments where id = 5)")).isTrue();
        tafta.write("DELETE /api/enrollments/cached", "{\"id\":5}");
        long overtaken = tafta.queue().count("overtaken");

        tafta.webhook("enrollment.created", NOW.plusSeconds(1), enrollment);
        tafta.awaitQuiet();

        assertThat(tafta.holds("exists (select from enrollments where id = 5)")).isFalse();
        assertThat(tafta.queue().count("overtaken")).isEqualTo(overtaken + 1);
        expectNothingStale();
    }

    @Test
    void anOldSignupAfterADeletionOfTheUserBringsNothingBack() {
        var user = "{\"id\":77,\"email\":\"sam.sample@example.com\"}";
        tafta.webhook("user.deleted", NOW, user);
        tafta.webhook("user.signup", NOW.minusSeconds(1), user);
        tafta.awaitQuiet();
        assertThat(tafta.holds("exists (select from users where id = 77)")).isFalse();

        tafta.webhook("user.signup", NOW.plusSeconds(1), user);
        tafta.awaitQuiet();
        assertThat(tafta.holds("exists (select from users where id = 77)"))
                .as("a newer one does")
                .isTrue();
    }

    @Test
    void anOldProgressDoesNotUndoACompletion() {
        tafta.webhook("enrollment.completed", NOW, "{\"id\":1001,\"percentage_completed\":\"1.0\"}");
        tafta.webhook("enrollment.progress", NOW.minusSeconds(1), "{\"id\":1001,\"percentage_completed\":\"0.9\"}");
        tafta.awaitQuiet();
        assertThat(tafta.holds("(select percentage_completed = 1 from enrollments where id = 1001)"))
                .isTrue();
        expectNothingStale();
    }

    @Test
    void deliveriesOfTwoTopicsWithTheSameIdAreBothApplied() {
        var id = "same-" + Instant.now().toEpochMilli();
        tafta.webhook(new String(Samples.bytes("lesson.completed"), UTF_8)
                .replace("20191029145629636106318", id)
                .getBytes(UTF_8));
        tafta.webhook(new String(Samples.bytes("quiz.attempted"), UTF_8)
                .replace("20191029145629636106318", id)
                .getBytes(UTF_8));
        tafta.awaitQuiet();
        assertThat(tafta.holds("exists (select from lesson_completions where lesson_id = 24220)"
                        + " and exists (select from quiz_attempts where result_id = 12511)"))
                .isTrue();
    }

    @Test
    void whatBecameOfEachAcceptedDeliveryIsFound() {
        var newer = tafta.webhook("enrollment.completed", NOW, "{\"id\":1001,\"percentage_completed\":\"1.0\"}");
        tafta.awaitQuiet();
        var older = tafta.webhook("enrollment.progress", NOW.minusSeconds(9), "{\"id\":1001}");
        var unknown = tafta.webhook("coupon.created", NOW, "{}");
        tafta.awaitQuiet();
        Map.of("applied", newer, "overtaken", older, "ignored", unknown)
                .forEach((outcome, answer) -> assertThat(
                                tafta.holds("exists (select from freshet.deliveries where id = '"
                                        + tafta.json(answer).path("id").asText()
                                        + "' and state = 'done' and outcome = '"
                                        + outcome + "' and fresh >= received - interval '1 minute')"))
                        .as("%s: %s", outcome, answer.body())
                        .isTrue());
    }

    @Test
    void bothSpellingsOfCancelledAreOneTopic() {
        var id = "cancelled-" + Instant.now().toEpochMilli();
        var first = tafta.webhook(Tafta.delivery(id, "subscription.canceled", NOW, "{}"));
        var second = tafta.webhook(Tafta.delivery(id, "subscription.cancelled", NOW, "{}"));
        assertThat(tafta.json(first).path("status").asText()).isEqualTo("accepted");
        assertThat(tafta.json(second).path("status").asText()).isEqualTo("duplicate");
    }

    @Test
    void aReaderNeverSeesTheOldCohortAfterAMoveWasAnswered() {
        for (int turn = 0; turn < 30; turn++) {
            int to = turn % 2 == 0 ? 4 : 3;
            var answer = tafta.write(
                    "PUT /api/applicants/cached",
                    "{\"email\":\"ada.sample@example.com\",\"cohortId\":%d}".formatted(to));
            var left = tafta.getPath("/api/cohorts/" + (7 - to) + "/cached").body();
            var joined = tafta.getPath("/api/cohorts/" + to + "/cached").body();
            var user = tafta.getPath("/api/users/ada.sample@example.com/cached");

            assertThat(tafta.json(answer).path("applied").asBoolean())
                    .as(answer.body())
                    .isTrue();
            assertThat(left).doesNotContain("ada.sample@example.com");
            assertThat(joined).contains("ada.sample@example.com");
            assertThat(tafta.json(user).path("cohortId").asInt()).isEqualTo(to);
        }
        tafta.awaitQuiet();
    }

    @Test
    @Row("enrollment-processor worker, cache-revalidator")
    void whatIsReadIsLoadedAgainBeforeItsNextReaderComes() {
        var before = Instant.now();
        tafta.event("enrollments.changed", "{\"cohortId\":2}");
        for (var name : List.of("enrollments:2", "cohort:2", "dashboard", "statistics")) {
            var read = Objects.requireNonNull(reads.get(name));
            await().pollInterval(Duration.ofMillis(5))
                    .until(() -> tafta.loadedAt(read).isPresent());
            assertThat(tafta.loadedAt(read).orElseThrow()).isAfter(before);
            assertThat(Tafta.outcome(tafta.get(read))).isEqualTo("HIT");
        }
        tafta.awaitQuiet();
    }

    @Test
    @Row("`GET /api/enrollments/cached`, `/api/applicants/cached`, `/api/statistics/cached`")
    void theRoutesThatTheApplicationKnowsReadTheSameValues() {
        var routes = List.of(
                "/api/enrollments/cached?cohortId=3",
                "/api/enrollments/cached?cohortId=3&page=2",
                "/api/applicants/cached",
                "/api/applicants/cached?status=pending",
                "/api/statistics/cached",
                "/api/dashboard/cached",
                "/api/cohorts/3/cached",
                "/api/users/ada.sample@example.com/cached");
        assertThat(routes.stream().map(tafta::getPath).map(Tafta::outcome)).containsOnly("HIT");
    }

    @Test
    void theDashboardOfTheSampleKnowsTheViewsAsTheyAre() throws IOException {
        var file = Path.of("invalidation-worker/nextjs/tafta/freshet.views.json");
        var known = Files.exists(file) ? file : Path.of("..").resolve(file);
        assertThat(Tafta.JSON.readTree(tafta.getPath("/views").body()))
                .as("GET /views; save it as %s", file)
                .isEqualTo(Tafta.JSON.readTree(Files.readString(known)));
    }

    private void expectNothingStale() {
        reads.forEach(
                (name, read) -> assertThat(tafta.get(read).body()).as(name).isEqualTo(tafta.truth(read)));
    }

    private Map<String, Optional<Instant>> loadedAt() {
        var moments = new TreeMap<String, Optional<Instant>>();
        reads.forEach((name, read) -> moments.put(name, tafta.loadedAt(read)));
        return moments;
    }

    /** The values whose old entry is gone, whether they were loaded again or not; all others are the same entry still. */
    private Set<String> touchedSince(Map<String, Optional<Instant>> before) {
        var now = loadedAt();
        return now.keySet().stream()
                .filter(name -> !now.get(name).equals(before.get(name)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> differences(Map<String, String> before, Map<String, String> after) {
        var all = new TreeSet<>(before.keySet());
        all.addAll(after.keySet());
        return all.stream()
                .filter(name -> !Objects.equals(before.get(name), after.get(name)))
                .map(name -> (before.containsKey(name) ? after.containsKey(name) ? "~" : "-" : "+") + name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> sorted(String text, String separator) {
        return Stream.of(text.split(separator, -1))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Change sample(String topic, String rows, String fresh, String tags, String paths) {
        var body = new String(Samples.bytes(topic), UTF_8);
        return new Change(topic, tafta -> tafta.webhook(body.getBytes(UTF_8)), rows, fresh, tags, paths, "true");
    }

    private static Change delivery(String topic, String payload, String rows, String fresh, String tags, String paths) {
        return new Change(topic, tafta -> tafta.webhook(topic, NOW, payload), rows, fresh, tags, paths, "true");
    }

    private static Change write(String route, String payload, String rows, String fresh, String tags, String paths) {
        return new Change(route, tafta -> tafta.write(route, payload), rows, fresh, tags, paths, "true");
    }

    @Test
    void theWorkersMetricsSayHowManyJobsStandWhere() {
        assertThat(tafta.metric("freshet_queue_depth", "place"))
                .containsOnlyKeys("ready", "claimed", "suspect", "retry", "replay", "dead")
                .containsEntry("ready", 0L);
    }

    private static Change event(String topic, String payload, String rows, String fresh, String tags, String paths) {
        return new Change(topic, tafta -> tafta.event(topic, payload), rows, fresh, tags, paths, "true");
    }

    private static Change named(String name, Change change) {
        return new Change(name, change.send, change.rows, change.fresh, change.tags, change.paths, change.holds);
    }

    private static Map<String, String> values() {
        var values = new TreeMap<String, String>();
        for (int cohort = 1; cohort <= 4; cohort++) {
            values.put("enrollments:" + cohort, "enrollments?cohortId=" + cohort);
            values.put("cohort:" + cohort, "cohort?cohortId=" + cohort);
        }
        values.put("enrollments:3:2", "enrollments?cohortId=3&page=2");
        values.put("applicants", "applicants");
        values.put("applicants:3", "applicants?cohortId=3");
        values.put("applicants:pending", "applicants?status=pending");
        values.put("statistics", "statistics");
        values.put("dashboard", "dashboard");
        for (var name : List.of("ada", "sam", "lee", "kim")) {
            values.put(name, "user?email=" + name + ".sample@example.com");
        }
        for (var name : List.of("learner1", "learner61")) {
            values.put(name, "user?email=" + name + "@example.com");
        }
        return values;
    }
}
