package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Event;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Page;
import dev.freshet.catalog.View;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TAFTA against a real database, one event at a time; each change is rolled back. */
class TaftaIT {
    private static final Catalog TAFTA =
            CatalogReader.read("tafta", Map.of("THINKIFIC_SECRETS", "s", "EVENTS_SECRET", "s"));
    private static final JsonMapper JSON = new JsonMapper();
    private static Database database;

    @BeforeAll
    static void start() throws Exception {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            for (var file : List.of("schema.sql", "sample.sql", "schema.sql", "sample.sql")) {
                statement.execute(text("/catalogs/tafta/" + file));
            }
        }
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @Test
    void theDatabaseUnderstandsEveryStatement() throws Exception {
        assertThat(SqlCheck.check(TAFTA, database)).isEmpty();
        assertThat(TAFTA.notes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "enrollments, cohortId=3, 50",
        "enrollments, cohortId=3&page=2, 10",
        "enrollments, cohortId=99, 0",
        "applicants, '', 50",
        "applicants, cohortId=3&status=pending, 13",
        "applicants, status=rejected, 1",
        "dashboard, '', 4",
        "cohort, cohortId=4, 12",
    })
    void aViewGivesItsRows(String name, String query, int rows) throws Exception {
        assertThat(load(name, query)).hasSize(rows);
    }

    @Test
    void statisticsCountEverything() throws Exception {
        var statistics = load("statistics", "");
        assertThat(statistics.get("applicants").asInt()).isEqualTo(95);
        assertThat(statistics.get("enrollments").asInt()).isEqualTo(90);
        assertThat(statistics.get("revenueCents").asInt()).isEqualTo(9500);
    }

    @Test
    void aUserIsFoundWhateverTheCaseOfTheAddress() throws Exception {
        assertThat(load("user", "email=Learner1@Example.com").get("userId").asInt())
                .isEqualTo(1001);
        assertThat(load("user", "email=nobody@example.com").get("userId").isNull())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "enrollment.created|cohort:3 dashboard enrollments statistics user:ada.sample@example.com",
                "enrollment.completed|cohort:3 dashboard enrollments statistics user:ada.sample@example.com",
                "enrollment.progress|cohort:3 dashboard enrollments statistics user:ada.sample@example.com",
                "lesson.completed|cohort:3 user:ada.sample@example.com",
                "quiz.attempted|cohort:4 user:sam.sample@example.com",
                "order.created|statistics user:ada.sample@example.com",
                "user.signup|statistics user:ada.sample@example.com",
                "lead.created|statistics",
            })
    void aPublishedSampleChangesWhatDependsOnIt(String topic, String tags) throws Exception {
        var change = new Change(topic, text("/samples/thinkific/" + topic + ".json"));
        assertThat(change.tags()).isEqualTo(tags);
        assertThat(change.changed()).isNotEmpty();
        change.expectNothingStale();
    }

    @Test
    void aTestDeliveryIsReadAsAPercentageOfItsRealAddress() throws Exception {
        new Change("enrollment.progress", text("/samples/thinkific/enrollment.progress.json"))
                .expect("user", "email=ada.sample@example.com", "/enrollments/0/percentageCompleted", "0.24");
    }

    @Test
    void aDeliveryOfAnIdAloneKeepsTheRestAndFindsTheOwner() throws Exception {
        var change = new Change(
                "enrollment.progress",
                "{'created_at': '2030-01-01T00:00:00Z', 'payload': {'id': 1001}}".replace('\'', '"'));
        assertThat(change.tags()).isEqualTo("cohort:3 dashboard enrollments statistics user:learner1@example.com");
        assertThat(change.changed()).isEmpty();
    }

    @Test
    void aMoveLeavesBothCohortsFresh() throws Exception {
        var change = new Change("applicant.updated", payload("{'email': 'ADA.sample@example.com', 'cohortId': 4}"));
        assertThat(change.tags())
                .isEqualTo("applicants cohort:3 cohort:4 dashboard statistics user:ada.sample@example.com");
        assertThat(change.paths()).isEqualTo("/dashboard /dashboard/3 /dashboard/4");
        change.expectNothingStale();
    }

    @Test
    void aChangedAddressOfAUserCountsForBoth() throws Exception {
        var change = new Change(
                "user.updated",
                "{'created_at': '2030-01-01T00:00:00Z', 'payload': {'id': 1001, 'email': 'New@example.com'}}"
                        .replace('\'', '"'));
        assertThat(change.tags()).isEqualTo("statistics user:learner1@example.com user:new@example.com");
        change.expectNothingStale();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "enrollment.progress|{'id': 1001, 'user': {'email': 'sam.sample@example.com'}}",
                "lesson.completed|{'enrollment': {'id': 1001}, 'lesson': {'id': 1}, 'user': {'email': 'sam.sample@example.com'}}",
                "quiz.attempted|{'result_id': 1005, 'quiz': {'id': 1}, 'grade': 1, 'user': {'email': 'sam.sample@example.com'}}",
                "order.created|{'id': 1001, 'amount_cents': 5000, 'user': {'email': 'sam.sample@example.com'}}",
            })
    void whoseItWasBeforeIsNotStale(String topic, String json) throws Exception {
        var change = new Change(
                topic, ("{'created_at': '2030-01-01T00:00:00Z', 'payload': " + json + "}").replace('\'', '"'));
        assertThat(change.changed()).isNotEmpty();
        change.expectNothingStale();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "enrollment.added|{'id': 5, 'email': 'sam.sample@example.com', 'percentageCompleted': 0.5}",
                "enrollment.changed|{'id': 1001, 'percentageCompleted': 1, 'completedAt': '2026-01-01T00:00:00Z'}",
                "enrollment.changed|{'id': 1001, 'email': 'sam.sample@example.com'}",
                "enrollment.deleted|{'id': 1001}",
                "applicant.approved|{'email': 'kim.sample@example.com'}",
                "applicant.approved|{'emails': ['Kim.Sample@example.com', 'lee.sample@example.com']}",
                "applicant.deleted|{'email': 'learner1@example.com'}",
            })
    void anOwnChangeLeavesNothingStale(String topic, String json) throws Exception {
        var change = new Change(topic, payload(json));
        assertThat(change.changed()).isNotEmpty();
        change.expectNothingStale();
    }

    @Test
    void aRenamedCourseChangesWhatShowsIt() throws Exception {
        var change = new Change(
                "course.updated",
                "{'created_at': '2030-01-01T00:00:00Z', 'payload': {'id': 4, 'name': 'Renamed'}}".replace('\'', '"'));
        assertThat(change.tags()).isEqualTo("courses enrollments");
        assertThat(change.changed()).isNotEmpty();
        change.expectNothingStale();
    }

    @Test
    void applicantsOfSeveralCohortsAreApprovedAtOnce() throws Exception {
        var change = new Change(
                "applicant.approved",
                payload("{'emails': ['Kim.Sample@example.com', 'lee.sample@example.com', 'nobody@example.com']}"));
        assertThat(change.tags())
                .isEqualTo("applicants cohort:3 cohort:4 dashboard statistics user:kim.sample@example.com"
                        + " user:lee.sample@example.com");
        change.expect("user", "email=kim.sample@example.com", "/status", "approved");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "applicant.approved|{'cohortId': 3}|applicants cohort:3 dashboard statistics",
                "applicants.changed|{'cohortId': 3}|applicants cohort:3 dashboard statistics",
                "enrollments.changed|{'cohortId': 3}|cohort:3 dashboard enrollments statistics",
                "statistics.changed|{'cohortId': 3}|cohort:3 dashboard statistics",
                "statistics.changed|{}|dashboard statistics",
                "user.changed|{'userEmail': 'ADA.sample@example.com'}|user:ada.sample@example.com",
            })
    void whatTheApplicationChangedItselfIsOnlyInvalidated(String topic, String json, String tags) throws Exception {
        var change = new Change(topic, payload(json));
        assertThat(change.tags()).isEqualTo(tags);
        assertThat(change.changed()).isEmpty();
    }

    /** Applies one event and compares every view of interest before and after. */
    private static final class Change {
        private final EventRule rule;
        private final Event event;
        private final List<Map<String, String>> rows = new ArrayList<>();
        private final Map<String, JsonNode> before;
        private final Map<String, JsonNode> after;

        Change(String topic, String body) throws Exception {
            rule = Objects.requireNonNull(TAFTA.events().get(topic));
            event = rule.read(body.getBytes(StandardCharsets.UTF_8), Instant.parse("2026-01-01T00:00:00Z"));
            try (var connection = database.connection()) {
                connection.setAutoCommit(false);
                var sets = List.of(event.parameters());
                before = everything(connection);
                if (rule.lookup() != null) {
                    rows.addAll(new Query(rule.lookup()).rows(connection, sets).get(0));
                }
                if (rule.apply() != null) {
                    new Query(rule.apply()).update(connection, sets);
                }
                if (rule.lookup() != null) {
                    rows.addAll(new Query(rule.lookup()).rows(connection, sets).get(0));
                }
                after = everything(connection);
                connection.rollback();
            }
        }

        String tags() {
            return String.join(
                    " ", rule.tags(event, rows).stream().map(Object::toString).toList());
        }

        String paths() {
            return rule.pages(event, rows).stream()
                    .map(Page::path)
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(" "));
        }

        /** The reads whose answer is another one now. */
        List<String> changed() {
            return before.keySet().stream()
                    .filter(read -> !Objects.equals(before.get(read), after.get(read)))
                    .toList();
        }

        void expectNothingStale() {
            var tags = rule.tags(event, rows);
            for (var read : changed()) {
                var view = Objects.requireNonNull(TAFTA.views().get(read.substring(0, read.indexOf('?'))));
                var carried = view.tags(view.parse(query(read.substring(read.indexOf('?') + 1))));
                assertThat(carried).as(read).anyMatch(tags::contains);
            }
        }

        void expect(String view, String query, String pointer, String value) {
            assertThat(Objects.requireNonNull(after.get(view + "?" + query))
                            .at(pointer)
                            .asText())
                    .isEqualTo(value);
        }

        private static Map<String, JsonNode> everything(java.sql.Connection connection) throws Exception {
            var answers = new HashMap<String, JsonNode>();
            var reads =
                    new ArrayList<>(List.of("statistics?", "dashboard?", "applicants?", "applicants?status=pending"));
            for (int cohort = 1; cohort <= 4; cohort++) {
                reads.add("enrollments?cohortId=" + cohort);
                reads.add("applicants?cohortId=" + cohort);
                reads.add("cohort?cohortId=" + cohort);
            }
            for (var name : List.of("ada.sample", "sam.sample", "kim.sample", "learner1", "new")) {
                reads.add("user?email=" + name + "@example.com");
            }
            for (var read : reads) {
                int mark = read.indexOf('?');
                answers.put(read, load(connection, read.substring(0, mark), read.substring(mark + 1)));
            }
            return answers;
        }
    }

    private static JsonNode load(String view, String query) throws Exception {
        try (var connection = database.connection()) {
            return load(connection, view, query);
        }
    }

    private static JsonNode load(java.sql.Connection connection, String name, String query)
            throws SQLException, IOException {
        var view = Objects.requireNonNull(TAFTA.views().get(name));
        Map<String, String> values = view.parse(query(query));
        var rows = (View.Source.Rows) view.source();
        return JSON.reader()
                .with(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .readTree(new Query(rows.sql())
                        .json(connection, rows.kind(), List.of(values))
                        .get(0));
    }

    private static Map<String, String> query(String text) {
        var values = new HashMap<String, String>();
        for (var part : text.split("&", -1)) {
            if (!part.isEmpty()) {
                values.put(part.substring(0, part.indexOf('=')), part.substring(part.indexOf('=') + 1));
            }
        }
        return values;
    }

    private static String payload(String json) {
        return ("{'topic': 'x', 'payload': " + json + "}").replace('\'', '"');
    }

    private static String text(String resource) throws IOException {
        try (var stream = TaftaIT.class.getResourceAsStream(resource)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
