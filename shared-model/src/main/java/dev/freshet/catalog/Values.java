package dev.freshet.catalog;

import dev.freshet.cache.Ttl;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.settings.Durations;
import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads values in which variables of the environment may stand. */
final class Values {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");

    private static final String TTLS =
            "one of " + Arrays.stream(Ttl.values()).map(Ttl::name).collect(Collectors.joining(", "));

    private final Problems problems;
    private final Settings settings;

    Values(Problems problems, Settings settings) {
        this.problems = problems;
        this.settings = settings;
    }

    /** A whole number between the bounds, both allowed. */
    Optional<Long> number(Element element, long min, long max) {
        var expected = max == Long.MAX_VALUE || max == Integer.MAX_VALUE
                ? "a whole number" + (min == Long.MIN_VALUE ? "" : " of at least " + min)
                : "a whole number from " + min + " to " + max;
        return element.text(
                expected,
                text -> Optional.of(fill(text, settings::find))
                        .filter(t -> t.matches("-?\\d{1,18}"))
                        .map(Long::parseLong)
                        .filter(number -> min <= number && number <= max));
    }

    /** From 0 to 1, both allowed. */
    Optional<Double> part(Element element) {
        return element.text(Settings.PART, text -> Settings.parsePart(fill(text, settings::find)));
    }

    Optional<Duration> duration(Element element) {
        return element.text("a duration such as 5m", text -> Durations.parse(fill(text, settings::find)));
    }

    /** A duration, or the name of one. */
    Optional<Duration> ttl(Element element) {
        return element.text(
                "a duration such as 5m, or " + TTLS,
                text -> Optional.of(fill(text, settings::find))
                        .flatMap(t -> Ttl.named(t).or(() -> Durations.parse(t))));
    }

    /** Reports {@code was} as the variable's fault when an override of the environment is no ttl. */
    Optional<Duration> override(Element element, String variable) {
        var text = settings.find(variable);
        var value = text.map(String::strip)
                .flatMap(t -> t.matches("\\d{1,9}")
                        ? Optional.of(Duration.ofSeconds(Long.parseLong(t)))
                        : Ttl.named(t).or(() -> Durations.parse(t)));
        if (text.isPresent() && value.isEmpty()) {
            element.error("is overridden by " + variable + ", which must be seconds, a duration such as 5m, or " + TTLS
                    + ", was '" + text.get() + "'");
        }
        return value;
    }

    /** The values of a list, or of one text with commas; empty ones are dropped, so an unset variable is no value. */
    List<String> list(Element element) {
        return list(element, settings::find);
    }

    /** As {@link #list(Element)}, of what must not be printed. */
    List<String> secrets(Element element) {
        return list(element, settings::findSecret);
    }

    /** @param otherwise what it means that there are none, where that is the fault of variables that are not set */
    List<String> secrets(Element element, String otherwise) {
        var secrets = secrets(element);
        var unset = element.items().stream()
                .flatMap(item -> item.text().stream())
                .flatMap(text -> VARIABLE.matcher(text).results())
                .map(match -> match.group(1))
                .toList();
        if (secrets.isEmpty() && !unset.isEmpty()) {
            problems.add(
                    Severity.WARNING,
                    element.line(),
                    element.path() + ": "
                            + (unset.size() == 1
                                    ? unset.getFirst() + " is not set"
                                    : "none of " + String.join(", ", unset) + " is set")
                            + ", so " + otherwise,
                    "");
        }
        return secrets;
    }

    /** As {@link #secrets(Element, String)}, of what is sent as bearer tokens. */
    List<String> tokens(Element element, String otherwise) {
        var tokens = secrets(element, otherwise);
        if (!tokens.stream().allMatch(Access::isToken)) {
            element.error("has a token that cannot be sent", Access.TOKEN_FORM);
        }
        return tokens;
    }

    private static List<String> list(Element element, Function<String, Optional<String>> variables) {
        return element.items().stream()
                .flatMap(item -> item.text().stream())
                .flatMap(text -> Arrays.stream(fill(text, variables).split(",", -1)))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    /** The text with its variables filled. */
    String fill(String text) {
        return fill(text, settings::find);
    }

    /** As {@link #fill(String)}, of what must not be printed. */
    String fillSecret(String text) {
        return fill(text, settings::findSecret);
    }

    /** Fills {@code ${NAME}} and {@code ${NAME:-otherwise}}; a variable that is not set is empty. */
    private static String fill(String text, Function<String, Optional<String>> variables) {
        return VARIABLE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        variables.apply(match.group(1)).orElseGet(() -> match.group(2) == null ? "" : match.group(2))));
    }
}
