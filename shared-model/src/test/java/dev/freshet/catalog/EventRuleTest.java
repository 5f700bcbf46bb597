package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventRuleTest {
    private static final Instant RECEIVED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Catalog TAFTA = CatalogReader.read("tafta", Map.of());

    @ParameterizedTest
    @CsvSource({
        "enrollment.created, enrollment:97472, 1517005021924000",
        "enrollment.completed, enrollment:97472, 1788639440900000",
        "enrollment.progress, enrollment:4, 1391214004019000",
        "lesson.completed, lesson:1084282:24220, 1572375389474000",
        "quiz.attempted, quiz-result:12511, 1566939770000000",
        "order.created, order:19796, 1517005400808000",
        "user.signup, user:123456, 1516744965001000",
        "lead.created, lead:33, 1788477784000000",
    })
    void aPublishedSampleIsAboutSomethingAndHasAVersion(String topic, String identity, long version) throws Exception {
        var rule = Objects.requireNonNull(TAFTA.events().get(topic));
        assertThat(rule.read(sample(topic), RECEIVED).version()).contains(new Event.Version(identity, version));
    }

    @Test
    void valuesBecomeText() throws Exception {
        var body = """
                {"text": "Ada", "number": 1010, "fraction": 24.50, "yes": true, "none": null,
                 "list": ["a", "b,c", "d\\"e\\\\", null, 1, ["x"]], "object": {"code": "x"}}
                """;
        var with = new TreeMap<String, Pointer>();
        for (var name : List.of("text", "number", "fraction", "yes", "none", "absent", "list", "object")) {
            with.put(name, Pointer.parse("/" + name + "?"));
        }
        var values = rule(with, null, null).read(utf8(body), RECEIVED).parameters();
        assertThat(values)
                .containsEntry("text", "Ada")
                .containsEntry("number", "1010")
                .containsEntry("fraction", "24.5")
                .containsEntry("yes", "true")
                .containsEntry("none", null)
                .containsEntry("absent", null)
                .containsEntry("list", "{\"a\",\"b,c\",\"d\\\"e\\\\\",NULL,\"1\",{\"x\"}}")
                .containsEntry("object", "{\"code\":\"x\"}")
                .containsEntry("receivedAt", "2026-01-01T00:00:00Z");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0, 0",
        "-17, -17",
        "123456789012345678901234567890, 123456789012345678901234567890",
        "1.50, 1.5"
    })
    void aNumberIsWrittenInOneWay(String json, String text) throws Exception {
        var rule = rule(Map.of("number", Pointer.parse("/n")), null, null);
        assertThat(rule.read(utf8("{\"n\": " + json + "}"), RECEIVED).parameters())
                .containsEntry("number", text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"payload\": null}", "{\"payload\": {\"id\": null}}", "{\"payload\": []}"})
    void aRequiredValueThatIsMissingOrNullIsNamed(String body) {
        var rule = rule(Map.of("id", Pointer.parse("/payload/id")), null, null);
        assertThatThrownBy(() -> rule.read(utf8(body), RECEIVED))
                .isInstanceOf(UnreadableException.class)
                .hasMessage("a.b: /payload/id is missing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"secret\": \"x\",}|a.b: the body is no JSON, line 1 column 16",
                "[1]|a.b: the body is no JSON object",
                "``|a.b: the body is no JSON object",
            })
    void aBodyThatIsNoObjectIsRefusedWithoutQuotingIt(String body, String message) {
        assertThatThrownBy(() -> rule(Map.of(), null, null).read(utf8(body), RECEIVED))
                .isInstanceOf(UnreadableException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({
        "2018-01-26T22:17:01.924Z, 1517005021924000",
        "2018-01-26T23:17:01.924123+01:00, 1517005021924123",
        "42, 42",
        "-1, -1",
    })
    void aVersionIsATimeOrAWholeNumber(String text, long number) throws Exception {
        var event = versioned().read(utf8("{\"id\": \"A@b\", \"at\": \"" + text + "\"}"), RECEIVED);
        assertThat(event.version()).contains(new Event.Version("x:a@b", number));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yesterday", "2018-01-26", "1e3", ""})
    void aVersionThatIsNoneIsPermanent(String text) {
        assertThatThrownBy(() -> versioned().read(utf8("{\"id\": 1, \"at\": \"" + text + "\"}"), RECEIVED))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void theTimeOfArrivalMayBeTheVersion() throws Exception {
        var rule = rule(Map.of("id", Pointer.parse("/id")), "x:{id}", EventRule.RECEIVED_AT);
        assertThat(rule.read(utf8("{\"id\": 1}"), RECEIVED).version())
                .contains(new Event.Version("x:1", 1_767_225_600_000_000L));
    }

    @Test
    void ofAFieldThatComesTwiceTheLastCounts() throws Exception {
        var with = Map.of("id", Pointer.parse("/a/id?"), "all", Pointer.parse("/a"));
        assertThat(rule(with, null, null)
                        .read(utf8("{\"a\": {\"id\": 1}, \"b\": [{\"id\": 2}], \"a\": {\"x\": 3}}"), RECEIVED)
                        .parameters())
                .containsEntry("id", null)
                .containsEntry("all", "{\"x\":3}");
        var path = Map.of("id", Pointer.parse("/a/id?"), "first", Pointer.parse("/l/0/n?"));
        assertThat(rule(path, null, null)
                        .read(utf8("{\"a\": {\"id\": 1}, \"l\": [{\"n\": 1.50}], \"a\": {}}"), RECEIVED)
                        .parameters())
                .containsEntry("id", null)
                .containsEntry("first", "1.5");
    }

    @Test
    void tagsComeFromTheEventAndFromEveryRow() throws Exception {
        var rule =
                rule(Map.of("email", Pointer.parse("/email?")), null, null, "all", "user:{email}", "cohort:{cohortId}");
        var event = rule.read(utf8("{\"email\": \"Ada@example.com\"}"), RECEIVED);
        var before = Map.<String, String>of("cohortId", "3", "email", "old@example.com");
        var after = Map.<String, String>of("cohortId", "4");
        assertThat(rule.tags(event, List.of())).hasToString("[all, user:ada@example.com]");
        assertThat(rule.tags(event, List.of(before, after)))
                .hasToString("[all, cohort:3, cohort:4, user:ada@example.com, user:old@example.com]");
        assertThat(rule.pages(event, List.of(before, after)))
                .extracting(Page::path)
                .containsExactly("/p/3", "/p/4");
    }

    @Test
    void aVersionOfAPageComesFromTheEventAndFromEveryRow() throws Exception {
        var page = new PageTemplate(new Template("/p"), Optional.of(new Template("{at}")));
        var rule = new EventRule(
                "a.b",
                null,
                Set.of(),
                new BodyValues(Map.of("at", Pointer.parse("/at?"))),
                null,
                null,
                null,
                null,
                List.of(),
                List.of(page));
        var row = Map.<String, String>of("at", "9");
        assertThat(rule.pages(rule.read(utf8("{\"at\": 7}"), RECEIVED), List.of(row)))
                .containsExactly(new Page("/p", Optional.of("7")), new Page("/p", Optional.of("9")));
        assertThat(rule.pages(rule.read(utf8("{}"), RECEIVED), List.of()))
                .as("old all the same")
                .containsExactly(new Page("/p", Optional.empty()));
    }

    @Test
    void aTagThatNoViewCouldCarryIsLeftOut() throws Exception {
        var rule = rule(Map.of("name", Pointer.parse("/name")), null, null, "n:{name}", "all");
        var event = rule.read(utf8("{\"name\": \"" + "x".repeat(600) + "\"}"), RECEIVED);
        assertThat(rule.tags(event, List.of())).hasToString("[all]");
        var control = rule.read(utf8("{\"name\": \"a\\nb\"}"), RECEIVED);
        assertThat(rule.tags(control, List.of())).hasToString("[all]");
    }

    private static EventRule versioned() {
        return rule(Map.of("id", Pointer.parse("/id"), "at", Pointer.parse("/at")), "x:{id}", "at");
    }

    private static EventRule rule(
            Map<String, Pointer> with, @Nullable String identity, @Nullable String version, String... tags) {
        return new EventRule(
                "a.b",
                null,
                Set.of(),
                new BodyValues(with),
                identity == null ? null : new Template(identity),
                version,
                null,
                null,
                Arrays.stream(tags).map(Template::new).toList(),
                List.of(new PageTemplate(new Template("/p/{cohortId}"), Optional.empty())));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] sample(String topic) throws IOException {
        try (var stream = EventRuleTest.class.getResourceAsStream("/samples/thinkific/" + topic + ".json")) {
            return Objects.requireNonNull(stream).readAllBytes();
        }
    }
}
