package dev.freshet.catalog;

import dev.freshet.cache.Ttl;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.settings.Durations;
import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** From the elements of one file to a catalog. */
final class CatalogParser {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");
    private static final String NAME = "[A-Za-z][A-Za-z0-9_-]{0,63}";

    private static final String TTLS =
            "one of " + Arrays.stream(Ttl.values()).map(Ttl::name).collect(Collectors.joining(", "));

    private final String file;
    private final Problems problems;
    private final Settings settings;

    CatalogParser(String file, Problems problems, Settings settings) {
        this.file = file;
        this.problems = problems;
        this.settings = settings;
    }

    /** @throws CatalogException when there is an error */
    Catalog catalog(Element root) {
        var section = new Section(root, List.of("application", "sites", "views", "events", "frontEnds", "limits"));
        if (section.find("application").isEmpty()) {
            problems.error(1, "application is missing", "such as application: tafta");
        }
        var application = section.find("application")
                .flatMap(element -> element.text("a short name such as tafta", CatalogParser::name))
                .orElse("");
        var routes = new Routes();
        var sites = named(section, "sites", this::site);
        var views = named(section, "views", new ViewParser(this, routes)::view);
        var events = section.find("events")
                .map(element -> new EventParser(this, routes, sites).events(element))
                .orElse(Map.of());
        var frontEnds = named(section, "frontEnds", new FrontEndParser(this, events.values())::frontEnd);
        var limits = section.find("limits").map(this::limits).orElse(Limits.NONE);
        if (problems.hasErrors()) {
            throw new CatalogException(problems.byLine());
        }
        if (!events.isEmpty()) {
            var tags = new TagCheck(events.values());
            section.find("views")
                    .map(Element::entries)
                    .orElse(Map.of())
                    .values()
                    .forEach(tags::view);
        }
        return new Catalog(application, sites, views, events, frontEnds, limits, file, problems.byLine());
    }

    private <T> Map<String, T> named(Section section, String key, BiFunction<String, Element, Optional<T>> read) {
        var result = new LinkedHashMap<String, T>();
        section.find(key).map(Element::entries).orElse(Map.of()).forEach((name, element) -> {
            if (name(name).isEmpty()) {
                element.error("has a name that is none", "use letters, digits, - and _, 64 at most");
            }
            read.apply(name, element).ifPresent(value -> result.put(name, value));
        });
        return Collections.unmodifiableMap(result);
    }

    private static Optional<String> name(String text) {
        return Optional.of(text).filter(t -> t.matches(NAME));
    }

    private Optional<Site> site(String name, Element element) {
        var section = new Section(element, List.of("scheme", "secrets"));
        var scheme = section.require("scheme", "scheme: thinkific")
                .flatMap(e -> e.text(
                        "one of "
                                + String.join(
                                        ", ", Site.SCHEMES.stream().sorted().toList()),
                        text -> Optional.of(text).filter(Site.SCHEMES::contains)));
        var secrets = section.require(
                        "secrets", "secrets: \"${" + name.toUpperCase(java.util.Locale.ROOT) + "_SECRETS}\"")
                .map(values -> secrets(values, "every request of site " + name + " is refused"));
        return Optional.of(new Site(name, scheme.orElse(""), secrets.orElse(List.of())));
    }

    private Limits limits(Element element) {
        var section = new Section(
                element, List.of("webhooks", "api", "cache", "database", "identifier", "identifierHeader", "window"));
        return new Limits(
                limit(section, "webhooks"),
                limit(section, "api"),
                limit(section, "cache"),
                limit(section, "database"),
                limit(section, "identifier"),
                section.find("identifierHeader")
                        .flatMap(e -> e.text(
                                "the name of a request header such as X-Api-Key",
                                text -> Optional.of(text).filter(t -> t.matches("[A-Za-z0-9-]{1,64}"))))
                        .orElse(""),
                section.find("window").flatMap(this::window).orElse(Limits.NONE.window()));
    }

    private Optional<Duration> window(Element element) {
        var window = duration(element);
        if (window.filter(w -> w.compareTo(Limits.SHORTEST_WINDOW) < 0 || w.compareTo(Limits.LONGEST_WINDOW) > 0)
                .isPresent()) {
            element.error("must be from 1s to 24d", "such as window: 1m");
        }
        return window;
    }

    private int limit(Section section, String key) {
        return section.find(key)
                .flatMap(e -> number(e, 0, Integer.MAX_VALUE))
                .orElse(0L)
                .intValue();
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

    /** Fills {@code ${NAME}} and {@code ${NAME:-otherwise}}; a variable that is not set is empty. */
    private static String fill(String text, Function<String, Optional<String>> variables) {
        return VARIABLE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        variables.apply(match.group(1)).orElseGet(() -> match.group(2) == null ? "" : match.group(2))));
    }
}
