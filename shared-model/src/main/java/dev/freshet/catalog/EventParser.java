package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.settings.Spelling;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the events of a catalog. */
final class EventParser {
    static final List<String> KEYS = List.of(
            "route",
            "from",
            "with",
            "identity",
            "version",
            "anyOrder",
            "apply",
            "lookup",
            "tags",
            "paths",
            "through",
            "scores");
    private static final String TOPICS = "topics are such as enrollment.created";
    private static final List<String> WRITES = List.of("POST", "PUT", "PATCH", "DELETE");

    /** What Thinkific is known to send; a name of its list that is spelled otherwise never arrives. */
    private static final Set<String> THINKIFIC =
            Set.of(("lead.created order.created order_transaction.succeeded order_transaction.failed"
                            + " order_transaction.refunded subscription.cancelled subscription.past_due"
                            + " subscription.unpaid user.signup user.signin user.updated user.deleted enrollment.trial"
                            + " enrollment.created enrollment.progress enrollment.completed course.created"
                            + " course.updated course.deleted lesson.completed quiz.attempted product.created"
                            + " product.updated product.deleted app.uninstalled plan.updated")
                    .split(" "));

    private final Routes routes;
    private final Values values;
    private final Map<String, Site> sites;
    private final Declared<View> views;
    private final ScoreParser scores;

    EventParser(Values values, Routes routes, Map<String, Site> sites, Declared<View> views) {
        this.values = values;
        this.routes = routes;
        this.sites = sites;
        this.views = views;
        this.scores = new ScoreParser(views);
    }

    Map<String, EventRule> events(Element element) {
        var rules = new LinkedHashMap<String, EventRule>();
        element.entries().forEach((key, value) -> {
            var topics = topics(key);
            var rule = rule(topics.get(0), value);
            if (rule.route() != null && topics.size() > 1) {
                value.error("has a route but several topics", "a route writes one topic");
            }
            for (var topic : topics) {
                checkTopic(topic, value, rule);
                if (rules.putIfAbsent(topic, named(topic, rule)) != null) {
                    value.error("has a rule already", "give " + topic + " one rule");
                }
            }
        });
        return Collections.unmodifiableMap(rules);
    }

    /** Those that share a rule, at least one. */
    static List<String> topics(String key) {
        return Arrays.stream(key.split(",", -1)).map(String::strip).toList();
    }

    private static EventRule named(String topic, EventRule rule) {
        return new EventRule(
                topic,
                rule.route(),
                rule.from(),
                rule.with(),
                rule.identity(),
                rule.version(),
                rule.apply(),
                rule.lookup(),
                rule.tags(),
                rule.paths(),
                rule.through(),
                rule.scores());
    }

    private void checkTopic(String topic, Element element, EventRule rule) {
        if (topic.equals(EventRule.UNREADABLE)) {
            element.error("has the topic '" + topic + "', which is that of dead letters", TOPICS);
            return;
        }
        if (!topic.matches("[a-z0-9_]+(\\.[a-z0-9_]+)*")) {
            element.error("has the topic '" + topic + "'", TOPICS);
            return;
        }
        boolean onlyThinkific = !rule.from().isEmpty()
                && rule.from().stream().map(sites::get).allMatch(s -> s != null && s.scheme() == Scheme.THINKIFIC);
        if (onlyThinkific && !THINKIFIC.contains(topic)) {
            element.add(
                    Severity.WARNING,
                    "waits for " + topic + ", which Thinkific is not known to send",
                    Spelling.hint(topic, THINKIFIC, ""));
        }
    }

    private EventRule rule(String topic, Element element) {
        var section = new Section(element, KEYS);
        var from = section.find("from").map(this::from).orElse(Set.of());
        var with = section.find("with").map(EventParser::with).orElse(BodyValues.NONE);
        var known = new HashSet<>(with.names());
        known.add(EventRule.RECEIVED_AT);
        var own = new Templates(known, false, "declare it under with");
        var names = section.find("lookup").isPresent() ? new Templates(known, true, "") : own;
        var identity = section.find("identity").flatMap(own::one).orElse(null);
        var version = section.find("version").flatMap(e -> version(e, known)).orElse(null);
        var apply = section.find("apply").flatMap(own::sql).orElse(null);
        checkOrder(section, with, identity, version);
        if (Stream.of("apply", "tags", "scores")
                .allMatch(key -> section.find(key).isEmpty())) {
            element.error("does nothing", "give it apply, tags or scores");
        }
        return new EventRule(
                topic,
                section.find("route").flatMap(e -> route(e, from)).orElse(null),
                from,
                with,
                identity,
                version,
                apply,
                section.find("lookup").flatMap(own::sql).orElse(null),
                section.find("tags").map(names::list).orElse(List.of()),
                section.find("paths").map(e -> pages(e, names)).orElse(List.of()),
                section.find("through")
                        .map(e -> through(e, section, from, known))
                        .orElse(List.of()),
                section.find("scores")
                        .map(e -> scores.scores(e, names, section.find("lookup").isPresent() ? null : known))
                        .orElse(List.of()));
    }

    /** Nobody waits for what others send. */
    private List<String> through(Element element, Section section, Set<String> from, Set<String> known) {
        boolean isOwn = !from.isEmpty()
                && from.stream()
                        .flatMap(name -> Stream.ofNullable(sites.get(name)))
                        .allMatch(Site::isApplication);
        if (!isOwn) {
            element.error("is for what the application itself writes", "say from: and a site whose scheme is freshet");
        }
        var names = values.list(element);
        for (var name : names) {
            if (!views.names().contains(name)) {
                var none = views.names().isEmpty() ? "there are no views" : "";
                element.error(
                        "names the view " + name + ", which there is not", Spelling.hint(name, views.names(), none));
            }
            views.find(name).ifPresent(view -> through(element, section, view, known));
        }
        return names;
    }

    private static void through(Element element, Section section, View view, Set<String> known) {
        if (view.rewarm() == Rewarm.NEVER) {
            element.error(
                    "names the view " + view.name() + ", which is never loaded again", "take rewarm: never from it");
        } else if (section.find("lookup").isEmpty()) {
            view.params().stream()
                    .filter(parameter -> parameter.fallback() == null && !known.contains(parameter.name()))
                    .forEach(parameter -> element.error(
                            "names the view " + view.name() + ", whose parameter " + parameter.name()
                                    + " nothing fills",
                            "give it that name under with, or let lookup select it"));
        }
    }

    static List<PageTemplate> pages(Element element, Templates names) {
        return element.items().stream()
                .flatMap(item -> page(item, names).stream())
                .toList();
    }

    /** {@code /dashboard/{cohortId}}, or the same with a version. */
    private static Optional<PageTemplate> page(Element element, Templates names) {
        if (!element.isMapping()) {
            return names.one(element).map(path -> new PageTemplate(path, Optional.empty()));
        }
        var section = new Section(element, List.of("path", "version"));
        var version = section.require("version", "version: \"{at}\"").flatMap(e -> pageVersion(e, names));
        return section.require("path", "path: \"/dashboard/{cohortId}\"")
                .flatMap(e -> provable(e, names))
                .map(path -> new PageTemplate(path, version));
    }

    private static Optional<Template> provable(Element element, Templates names) {
        var path = names.one(element);
        path.map(Template::text).ifPresent(text -> {
            if (!text.startsWith("/")) {
                element.error(
                        "is '" + text + "', at which no page is", "begin it with /, such as /dashboard/{cohortId}");
            } else if (text.matches(".*\\[[^/]+].*")) {
                element.error("is '" + text + "', which stands for many pages", "take its version away");
            }
        });
        return path;
    }

    private static Optional<Template> pageVersion(Element element, Templates names) {
        var version = names.one(element);
        if (version.isPresent() && version.get().placeholders().isEmpty()) {
            element.error(
                    "is '" + version.get() + "', which is always the same",
                    "fill it from the event or a row, such as version: \"{at}\"");
        }
        return version;
    }

    /** An event that applies carries what it is about and how new it is, and both are always there. */
    private static void checkOrder(
            Section section, BodyValues with, @Nullable Template identity, @Nullable String version) {
        var hasIdentity = section.find("identity").isPresent();
        var hasVersion = section.find("version").isPresent();
        if (hasIdentity != hasVersion) {
            section.element()
                    .error(
                            hasIdentity ? "has an identity but no version" : "has a version but no identity",
                            "newest wins needs both: what it is about and how new it is");
        }
        var anyOrder = section.find("anyOrder");
        anyOrder.ifPresent(e -> e.text("true", text -> Optional.of(text).filter("true"::equals)));
        boolean isOrdered = hasIdentity || hasVersion;
        if (isOrdered && anyOrder.isPresent()) {
            section.element().error("has a version, and anyOrder", "take one of them out");
        }
        if (!isOrdered && anyOrder.isEmpty() && section.find("apply").isPresent()) {
            section.element()
                    .add(
                            Severity.NOTE,
                            "applies in any order, also late and twice",
                            "give it identity and version, or anyOrder: true if that is harmless");
        }
        var needed = new LinkedHashSet<String>();
        if (identity != null) {
            needed.addAll(identity.placeholders());
        }
        if (version != null) {
            needed.add(version);
        }
        for (var name : needed) {
            var pointer = with.pointers().get(name);
            if (pointer != null && pointer.optional()) {
                section.element()
                        .error(
                                "needs " + name + " for identity and version, but it is optional",
                                "take the ? from with." + name);
            }
        }
    }

    private static Optional<String> version(Element element, Set<String> known) {
        return element.text(
                "a name of with, or " + EventRule.RECEIVED_AT,
                text -> Optional.of(text).filter(known::contains));
    }

    private Set<String> from(Element element) {
        var names = new LinkedHashSet<>(values.list(element));
        for (var name : names) {
            if (!sites.containsKey(name)) {
                element.error(
                        "names the site " + name + ", which there is not",
                        Spelling.hint(
                                name,
                                sites.keySet(),
                                sites.isEmpty()
                                        ? "there are no sites"
                                        : "sites: " + String.join(", ", sites.keySet())));
            }
        }
        return Collections.unmodifiableSet(names);
    }

    /** The site of a write route is known by the route alone, so there must be exactly one. */
    private Optional<Route> route(Element element, Set<String> from) {
        var signs = from.stream()
                .flatMap(name -> Stream.ofNullable(sites.get(name)))
                .allMatch(Site::isApplication);
        if (from.size() != 1 || !signs) {
            element.error("needs one site that signs its requests", "say from: and a site whose scheme is freshet");
        }
        var route = routes.read(element, WRITES);
        route.filter(r -> r.path().matches(".*[{}].*"))
                .ifPresent(r -> element.error(
                        "has braces in '" + r.path() + "'",
                        "a write's route has no placeholders; take the id from the body (with)"));
        return route;
    }

    private static BodyValues with(Element element) {
        var result = new LinkedHashMap<String, Pointer>();
        element.entries().forEach((name, value) -> {
            if (!isParameterName(name)) {
                value.error("has a name that is none", "use letters, digits and _; receivedAt is taken");
            }
            var pointer = value.text("a JSON pointer such as /payload/id", EventParser::pointer);
            result.put(name, pointer.orElseGet(() -> Pointer.parse(""))); // reported; known all the same
        });
        return new BodyValues(result);
    }

    static boolean isParameterName(String name) {
        return name.matches("[A-Za-z_][A-Za-z0-9_]{0,63}") && !name.equals(EventRule.RECEIVED_AT);
    }

    private static Optional<Pointer> pointer(String text) {
        try {
            return Optional.of(Pointer.parse(text)).filter(pointer -> text.startsWith("/"));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
