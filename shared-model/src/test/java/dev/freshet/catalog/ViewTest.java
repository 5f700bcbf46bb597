package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewTest {
    private static final Parameter NUMBER = new Parameter("number", ParameterType.INT, "1", 1, 100, 256, List.of());
    private static final Parameter STATUS =
            new Parameter("status", ParameterType.TEXT, "any", 0, 0, 256, List.of("any", "pending"));

    @Test
    void theTextThatFingerprintsAreMadeOfStaysAsItIs() {
        assertThat(STATUS)
                .hasToString("Parameter[name=status, type=TEXT, fallback=any, min=0, max=0, maxLength=256,"
                        + " oneOf=[any, pending]]");
        var bound = new Parameter("status", ParameterType.TEXT, "any", 0, 0, 256, List.of("any", "pending"), "role")
                .toString();
        assertThat(bound).isEqualTo(STATUS.toString().replace("]]", "], claim=role]"));
        assertThat(Parameter.class.getRecordComponents())
                .allSatisfy(component -> assertThat(bound).contains(component.getName() + "="));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "number|007|7",
                "number|+7|7",
                "status|pending|pending",
                "name|Ada ö|Ada ö",
                "day|2026-02-28|2026-02-28",
                "flag|true|true",
                "id|5A8F1E2C-0000-4000-8000-000000000001|5a8f1e2c-0000-4000-8000-000000000001",
            })
    void aValueIsWrittenInTheOneWayOfItsType(String name, String raw, String canonical) {
        assertThat(view(parameter(name)).parse(Map.of(name, raw))).containsExactly(Map.entry(name, canonical));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "number|0|number must be a whole number from 1 to 100, was '0'",
                "number|101|number must be a whole number from 1 to 100, was '101'",
                "number|1 or 1=1|number must be a whole number from 1 to 100, was '1 or 1=1'",
                "number|99999999999999999999|number must be a whole number from 1 to 100, was '99999999999999999999'",
                "status|Pending|status must be one of any, pending, was 'Pending'",
                "day|2026-02-30|day must be a date such as 2026-01-31, was '2026-02-30'",
                "flag|yes|flag must be true or false, was 'yes'",
                "id|1-1-1-1-1|id must be a UUID, was '1-1-1-1-1'",
                "other|1|there is no parameter other; v takes number, status",
            })
    void whatTheAuthorDidNotForeseeIsRefused(String name, String raw, String message) {
        var view = name.equals("other") ? view("number", "status") : view(name);
        assertThatThrownBy(() -> view.parse(Map.of(name, raw)))
                .isInstanceOf(ParameterException.class)
                .hasMessage(message);
    }

    private static Parameter parameter(String name) {
        return switch (name) {
            case "number" -> NUMBER;
            case "status" -> STATUS;
            case "day" -> Parameter.of(name, ParameterType.DATE);
            case "flag" -> Parameter.of(name, ParameterType.BOOL);
            case "id" -> Parameter.of(name, ParameterType.UUID);
            default -> Parameter.of(name, ParameterType.TEXT);
        };
    }

    @Test
    void anAbsentValueIsItsDefaultAndARequiredOneIsMissed() {
        assertThat(view(NUMBER).parse(Map.of())).containsExactly(Map.entry("number", "1"));
        assertThatThrownBy(() -> view(parameter("name")).parse(Map.of()))
                .hasMessage("name is missing; it must be text of at most 256 characters");
    }

    @Test
    void aDateMayBeTodaysByDefault() {
        var today = new Parameter("day", ParameterType.DATE, "today", 0, 0, 256, List.of());
        var clock = Clock.fixed(Instant.parse("2026-03-01T00:30:00Z"), ZoneId.of("America/New_York"));
        assertThat(view(today).parse(Map.of(), clock)).containsExactly(Map.entry("day", "2026-03-01"));
        assertThat(view(today).parse(Map.of("day", "2026-02-01"), clock))
                .containsExactly(Map.entry("day", "2026-02-01"));
        assertThatThrownBy(() -> view(today).parse(Map.of("day", "today"), clock))
                .hasMessage("day must be a date such as 2026-01-31, was 'today'");
    }

    @Test
    void controlCharactersAndEndlessTextAreRefused() {
        var view = view(parameter("name"));
        for (var raw : List.of("a\nb", "a\0b", "x".repeat(257))) {
            assertThatThrownBy(() -> view.parse(Map.of("name", raw))).isInstanceOf(ParameterException.class);
        }
    }

    @Test
    void noTwoSetsOfValuesShareAKey() {
        var view = view(parameter("a"), parameter("b"));
        var values = List.of("", "x", "x:", ":x", ":", "%3A", "%", "x:x", "{b}", "$1", "X", " ", "+", "ö");
        var keys = new HashSet<String>();
        for (var a : values) {
            for (var b : values) {
                assertThat(keys.add(view.key(Map.of("a", a, "b", b))))
                        .as(a + " and " + b)
                        .isTrue();
            }
        }
    }

    @Test
    void theKeyBeginsWithTheFingerprint() {
        var view = view(parameter("a"));
        assertThat(view.fingerprint()).matches("[0-9a-f]{8}");
        assertThat(view.key(Map.of("a", "ada@example.com"))).isEqualTo(view.fingerprint() + ":v:ada@example.com");
    }

    @Test
    void addressesInTagsAreLowerCasedAndTagsWithoutAValueLeftOut() {
        var view = view(parameter("a"));
        assertThat(view.tags(Map.of("a", "Ada@Example.com"))).hasToString("[user:ada@example.com, all]");
        assertThat(view.tags(Map.of("a", ""))).hasToString("[all]");
        assertThatThrownBy(() -> view.parse(Map.of("a", "")))
                .hasMessage("a must not be empty, since the tag user:{a} is made of it");
    }

    @Test
    void aTagOfNothingButBlanksIsLeftOut() {
        var view = view(List.of(new Template("{a}"), new Template("all")), parameter("a"));
        assertThat(view.tags(view.parse(Map.of("a", " ")))).hasToString("[all]");
    }

    private static View view(String... names) {
        return view(List.of(names).stream().map(ViewTest::parameter).toArray(Parameter[]::new));
    }

    private static View view(Parameter... params) {
        return view(List.of(new Template("user:{" + params[0].name() + "}"), new Template("all")), params);
    }

    private static View view(List<Template> tags, Parameter... params) {
        var names = List.of(params).stream().map(p -> "{" + p.name() + "}").toList();
        var key = new Template("v:" + String.join(":", names));
        var source = new View.Source.Rows(new NamedSql("select 1", 1), Kind.ROWS);
        var fingerprint = View.fingerprint(key, List.of(params), source, tags);
        return new View(
                "v",
                null,
                key,
                List.of(params),
                source,
                tags,
                Serving.of(Duration.ofMinutes(5), Duration.ZERO),
                Rewarm.HOT,
                Optional.empty(),
                true,
                Access.OPEN,
                fingerprint);
    }
}
