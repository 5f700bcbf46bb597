package dev.freshet.catalog;

import dev.freshet.model.Tag;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
            "gzip",
            "warm",
            "member",
            "score",
            "most");

    private final Values values;
    private final Routes routes;
    private final AccessParser accesses;

    /** @param issuers of tokens that may let in, by name */
    ViewParser(Values values, Routes routes, Map<String, TokenIssuer> issuers) {
        this.values = values;
        this.routes = routes;
        this.accesses = new AccessParser(values, issuers);
    }

    Optional<View> view(String name, Element element) {
        var section = new Section(element, KEYS);
        var params = section.find("params")
                .map(new ParameterParser(values)::parameters)
                .orElse(List.of());
        var names = params.stream().map(Parameter::name).collect(Collectors.toSet());
        var templates = new Templates(names, false, "declare it under params");
        var route = section.find("route").flatMap(e -> route(e, params));
        var key = section.require("key", "key: " + name + ":{id}").flatMap(e -> key(e, templates, names));
        var tags = section.require("tags", "tags: [ " + name + " ]").map(e -> tags(e, templates, params));
        var rewarm = section.find("rewarm").flatMap(e -> e.choice(Rewarm.class)).orElse(Rewarm.HOT);
        var warm = section.find("warm").flatMap(e -> new WarmParser(values).warm(e, rewarm));
        var kind = section.find("kind").map(e -> e.choice(SourceKind.class)).orElse(Optional.of(SourceKind.ROWS));
        boolean audit = section.find("audit").flatMap(Element::truth).orElse(true);
        var source = kind.flatMap(k -> new SourceParser(values, templates, params).source(section, k, audit));
        var serving = new ServingParser(values).serving(section, name, kind.orElse(SourceKind.ROW));
        var access = accesses.access(section, name, params);
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
                warm,
                audit && kind.filter(SourceKind::isAudited).isPresent(),
                access,
                fingerprint));
    }

    private Optional<Route> route(Element element, List<Parameter> params) {
        var route = routes.read(element, List.of("GET"));
        route.ifPresent(r -> new Template(r.path()).placeholders().forEach(name -> {
            var parameter = params.stream().filter(p -> p.name().equals(name)).findFirst();
            if (parameter.isEmpty()) {
                element.error("has {" + name + "}, which is no parameter of the view");
            } else if (parameter.get().claim() != null) {
                element.error("has {" + name + "}, which comes from the token", "take it out of the route");
            }
        }));
        return route;
    }

    private static List<Template> tags(Element element, Templates templates, List<Parameter> params) {
        var tags = templates.list(element);
        if (tags.size() > Tag.MOST) {
            element.error("has " + tags.size() + " tags", "a value carries at most " + Tag.MOST);
        }
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
