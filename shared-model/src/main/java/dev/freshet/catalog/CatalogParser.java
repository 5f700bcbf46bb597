package dev.freshet.catalog;

import dev.freshet.settings.Settings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** From the elements of one file to a catalog, by a parser for each section. */
final class CatalogParser {
    static final List<String> SECTIONS = List.of(
            "application",
            "sites",
            "views",
            "events",
            "changes",
            "frontEnds",
            "limits",
            "tokens",
            "sessions",
            "targets");

    private static final String NAME = "[A-Za-z][A-Za-z0-9_-]{0,63}";

    private final String file;
    private final Problems problems;
    private final Values values;

    CatalogParser(String file, Problems problems, Settings settings) {
        this.file = file;
        this.problems = problems;
        this.values = new Values(problems, settings);
    }

    /** @throws CatalogException when there is an error */
    Catalog catalog(Element root) {
        var section = new Section(root, SECTIONS);
        if (section.find("application").isEmpty()) {
            problems.error(1, "application is missing", "such as application: shop");
        }
        var application = section.find("application")
                .flatMap(element -> element.text("a short name such as shop", CatalogParser::name))
                .orElse("");
        var routes = new Routes();
        var sites = named(section, "sites", new SiteParser(values)::site).read();
        var tokens = named(section, "tokens", new TokensParser(values)::issuer).read();
        var views = named(section, "views", new ViewParser(values, routes, tokens)::view);
        var events = section.find("events")
                .map(element -> new EventParser(values, routes, sites, views).events(element))
                .orElse(Map.of());
        var changes = section.find("changes")
                .map(new ChangesParser(new ScoreParser(views))::changes)
                .orElse(Map.of());
        var rules = Stream.concat(
                        events.values().stream(), changes.values().stream().map(TableChange::rule))
                .toList();
        var frontEnds = named(section, "frontEnds", new FrontEndParser(values, rules)::frontEnd)
                .read();
        var limits =
                section.find("limits").map(new LimitsParser(values)::limits).orElse(Limits.NONE);
        var sessions = section.find("sessions").map(new SessionsParser(values)::sessions);
        var targets = section.find("targets")
                .map(new TargetsParser(values, views.names())::targets)
                .orElse(Targets.NONE);
        if (problems.hasErrors()) {
            throw new CatalogException(problems.byLine());
        }
        if (!rules.isEmpty()) {
            var tags = new TagCheck(rules);
            entries(section, "views").values().forEach(tags::view);
        }
        var withs = new WithCheck(views.read());
        entries(section, "events").forEach((topics, event) -> {
            var first = EventParser.topics(topics).getFirst(); // the others share what it says
            withs.event(event, Objects.requireNonNull(events.get(first)));
        });
        return new Catalog(
                application,
                sites,
                views.read(),
                events,
                changes,
                frontEnds,
                limits,
                tokens,
                sessions,
                targets,
                file,
                problems.byLine());
    }

    private static Map<String, Element> entries(Section section, String key) {
        return section.find(key).map(Element::entries).orElse(Map.of());
    }

    private <T> Declared<T> named(Section section, String key, BiFunction<String, Element, Optional<T>> read) {
        var result = new LinkedHashMap<String, Optional<T>>();
        entries(section, key).forEach((name, element) -> {
            if (name(name).isEmpty()) {
                element.error("has a name that is none", "use letters, digits, - and _, 64 at most");
            }
            result.put(name, read.apply(name, element));
        });
        return new Declared<>(Collections.unmodifiableMap(result));
    }

    private static Optional<String> name(String text) {
        return Optional.of(text).filter(t -> t.matches(NAME));
    }
}
