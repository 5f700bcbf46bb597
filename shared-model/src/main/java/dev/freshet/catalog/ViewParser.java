package dev.freshet.catalog;

import dev.freshet.model.Tag;
import java.time.Duration;
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
            "cdn",
            "function",
            "options",
            "gzip");

    private final Values values;
    private final Routes routes;

    ViewParser(Values values, Routes routes) {
        this.values = values;
        this.routes = routes;
    }

    Optional<View> view(String name, Element element) {
        var section = new Section(element, KEYS);
        var params = section.find("params")
                .map(new ParameterParser(values)::parameters)
                .orElse(List.of());
        var names = params.stream().map(Parameter::name).collect(Collectors.toSet());
        var templates = new Templates(names, false, "declare it under params");
        var route = section.find("route").flatMap(e -> route(e, names));
        var key = section.require("key", "key: " + name + ":{id}").flatMap(e -> key(e, templates, names));
        var tags = section.require("tags", "tags: [ " + name + " ]").map(e -> tags(e, templates, params));
        var rewarm = section.find("rewarm").flatMap(e -> e.choice(Rewarm.class)).orElse(Rewarm.HOT);
        var kind = section.find("kind").flatMap(e -> e.choice(SourceKind.class)).orElse(SourceKind.ROWS);
        boolean audit = section.find("audit").flatMap(Element::truth).orElse(true);
        var source = new SourceParser(values, templates, params).source(section, kind, audit);
        var serving = new ServingParser(values).serving(section, name, kind);
        var access = access(section, name);
        if (key.isEmpty() || source.isEmpty() || tags.isEmpty() || serving.isEmpty()) {
            return Optional.empty();
        }
        var fingerprint = View.fingerprint(key.get(), params, source.get(), tags.get());
        return Optional.of(new View(
                name,
                route.orElse(null),
                key.get(),
                params,
                source.get(),
                tags.get(),
                serving.get(),
                rewarm,
                audit && kind.isAudited(),
                access,
                fingerprint));
    }

    private Access access(Section section, String view) {
        var cdn = section.find("cdn");
        var kept = cdn.flatMap(values::duration).orElse(Duration.ZERO);
        if (cdn.isPresent()
                && cdn.flatMap(values::duration).filter(Duration::isZero).isPresent()) {
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
        var tokens = found.map(e -> values.secrets(e, "every read of view " + view + " is refused"))
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
}
