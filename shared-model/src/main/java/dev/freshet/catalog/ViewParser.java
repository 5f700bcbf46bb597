package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.model.Tag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the views of a catalog. */
final class ViewParser {
    static final List<String> KEYS = List.of(
            "route",
            "key",
            "params",
            "sql",
            "tags",
            "ttl",
            "grace",
            "absentFor",
            "refreshAhead",
            "staleAfterInvalidate",
            "rewarm",
            "kind",
            "audit",
            "access",
            "cdn");
    static final List<String> PARAM_KEYS = List.of("type", "default", "min", "max", "maxLength", "oneOf");

    private final CatalogParser parser;
    private final Routes routes;

    ViewParser(CatalogParser parser, Routes routes) {
        this.parser = parser;
        this.routes = routes;
    }

    Optional<View> view(String name, Element element) {
        var section = new Section(element, KEYS);
        var params = section.find("params").map(this::params).orElse(List.of());
        var names = params.stream().map(Parameter::name).collect(Collectors.toSet());
        var templates = new Templates(names, false, "declare it under params");
        var route = section.find("route").flatMap(e -> route(e, names));
        var key = section.require("key", "key: " + name + ":{id}").flatMap(e -> key(e, templates, names));
        var sql = section.require("sql", "sql: select …").flatMap(templates::sql);
        sql.ifPresent(s -> reportUnused(section, s, params));
        var tags = section.require("tags", "tags: [ " + name + " ]").map(e -> tags(e, templates, params));
        var rewarm = choice(section, "rewarm", Rewarm.class).orElse(Rewarm.HOT);
        var kind = choice(section, "kind", Kind.class).orElse(Kind.ROWS);
        var serving = new ServingParser(parser).serving(section, name, kind);
        boolean audit = section.find("audit").flatMap(ViewParser::truth).orElse(true);
        sql.filter(s -> audit).ifPresent(s -> reportClock(section, s));
        var access = access(section, name);
        if (key.isEmpty() || sql.isEmpty() || tags.isEmpty() || serving.isEmpty()) {
            return Optional.empty();
        }
        var fingerprint = View.fingerprint(key.get(), params, sql.get(), tags.get(), kind);
        return Optional.of(new View(
                name,
                route.orElse(null),
                key.get(),
                params,
                sql.get(),
                tags.get(),
                serving.get(),
                rewarm,
                kind,
                audit,
                access,
                fingerprint));
    }

    private Access access(Section section, String view) {
        var cdn = section.find("cdn");
        var kept = cdn.flatMap(parser::duration).orElse(Duration.ZERO);
        if (cdn.isPresent()
                && cdn.flatMap(parser::duration).filter(Duration::isZero).isPresent()) {
            cdn.ifPresent(e -> e.error(
                    "must be longer than nothing", "leave it out, and no shared cache serves the view without asking"));
        }
        if (kept.toMillis() % 1_000 != 0) {
            cdn.ifPresent(e -> e.error("must be whole seconds", "Cache-Control knows nothing shorter"));
        }
        return section.find("access")
                .map(element -> {
                    cdn.ifPresent(e -> e.error(
                            "must not stand beside access", "what only some may read is kept by no shared cache"));
                    return new Access(false, tokens(element, view), Duration.ZERO);
                })
                .orElse(new Access(true, List.of(), kept));
    }

    private List<String> tokens(Element element, String view) {
        var example = "tokens: \"${" + view.replace('-', '_').toUpperCase(Locale.ROOT) + "_TOKENS}\"";
        var found = new Section(element, List.of("tokens")).require("tokens", example);
        var tokens = found.map(e -> parser.secrets(e, "every read of view " + view + " is refused"))
                .orElse(List.of());
        if (!tokens.stream().allMatch(Access::isToken)) {
            found.ifPresent(e -> e.error("has a token that cannot be sent", Access.TOKEN_FORM));
        }
        return tokens;
    }

    private Optional<Route> route(Element element, Set<String> params) {
        var route = routes.read(element, List.of("GET"));
        route.ifPresent(r -> new Template(r.path())
                .placeholders().stream()
                        .filter(name -> !params.contains(name))
                        .forEach(name -> element.error("has {" + name + "}, which is no parameter of the view")));
        return route;
    }

    private static List<Template> tags(Element element, Templates templates, List<Parameter> params) {
        var tags = templates.list(element);
        for (var tag : tags) {
            int longest = tag.fill(name -> "x".repeat(longest(name, params))).length();
            if (longest > Tag.MAX_LENGTH) {
                element.error(
                        "may become longer than " + Tag.MAX_LENGTH + " characters in '" + tag + "'",
                        "give its parameters a smaller maxLength");
            }
        }
        return tags;
    }

    private static int longest(String name, List<Parameter> params) {
        return params.stream()
                .filter(parameter -> parameter.name().equals(name))
                .mapToInt(Parameter::longest)
                .sum();
    }

    private static Optional<Template> key(Element element, Templates templates, Set<String> params) {
        var key = templates.one(element);
        key.ifPresent(k -> {
            for (var name : params) {
                if (!k.placeholders().contains(name)) {
                    element.error("must contain {" + name + "}", "else different answers share one entry");
                }
            }
            var literals = k.literals();
            boolean apart = Arrays.stream(literals, 1, Math.max(1, literals.length - 1))
                    .allMatch(literal -> literal.matches(".*[:/|,;].*"));
            if (!apart) {
                element.error(
                        "must have one of : / | , ; between two placeholders", "else different values share one entry");
            }
        });
        return key;
    }

    private static void reportUnused(Section section, NamedSql sql, List<Parameter> params) {
        params.stream()
                .map(Parameter::name)
                .filter(name -> !sql.parameters().contains(name))
                .forEach(name -> section.element()
                        .add(
                                Severity.WARNING,
                                "does not use its parameter " + name + " in sql",
                                "each of its values is an entry of its own"));
    }

    private static void reportClock(Section section, NamedSql sql) {
        if (sql.changesByItself()) {
            section.element()
                    .add(
                            Severity.WARNING,
                            "asks the clock or chance in sql, so its cached values may differ from the database",
                            "audit: false, or the audit takes them for stale");
        }
    }

    private List<Parameter> params(Element element) {
        var result = new ArrayList<Parameter>();
        element.entries().forEach((name, value) -> {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_]{0,63}")) {
                value.error("has a name that is none", "use letters, digits and _");
            }
            var parameter = value.isText() ? type(value).map(type -> Parameter.of(name, type)) : parameter(name, value);
            result.add(
                    parameter.orElseGet(() -> Parameter.of(name, ParameterType.TEXT))); // reported; known all the same
        });
        return result;
    }

    private Optional<Parameter> parameter(String name, Element element) {
        var section = new Section(element, PARAM_KEYS);
        var type = section.require("type", "type: int").flatMap(ViewParser::type);
        var min = number(section, "min", Long.MIN_VALUE);
        var max = number(section, "max", Long.MAX_VALUE);
        if (min > max) {
            element.error("has a min above its max");
        }
        int maxLength = (int) (long)
                section.find("maxLength").flatMap(e -> parser.number(e, 1, 400)).orElse((long)
                        Parameter.DEFAULT_MAX_LENGTH);
        var oneOf = section.find("oneOf").map(parser::list).orElse(List.of());
        return type.map(t -> {
            var parameter = new Parameter(name, t, null, min, max, maxLength, oneOf);
            return section.find("default")
                    .flatMap(e -> e.text(parameter.expected(), parameter::accept))
                    .map(fallback -> new Parameter(name, t, fallback, min, max, maxLength, oneOf))
                    .orElse(parameter);
        });
    }

    private long number(Section section, String key, long otherwise) {
        return section.find(key)
                .flatMap(e -> parser.number(e, Long.MIN_VALUE, Long.MAX_VALUE))
                .orElse(otherwise);
    }

    private static Optional<ParameterType> type(Element element) {
        return element.text(oneOf(ParameterType.class), text -> constant(ParameterType.class, text));
    }

    static Optional<Boolean> truth(Element element) {
        return element.text(
                "true or false",
                text -> Optional.of(text).filter(t -> t.matches("true|false")).map(Boolean::valueOf));
    }

    private static <E extends Enum<E>> Optional<E> choice(Section section, String key, Class<E> type) {
        return section.find(key).flatMap(e -> e.text(oneOf(type), text -> constant(type, text)));
    }

    private static String oneOf(Class<? extends Enum<?>> type) {
        return "one of "
                + Arrays.stream(type.getEnumConstants())
                        .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "));
    }

    private static <E extends Enum<E>> Optional<E> constant(Class<E> type, String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst();
    }
}
