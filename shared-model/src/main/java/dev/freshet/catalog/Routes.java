package dev.freshet.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The routes of a catalog so far: no two may be one. */
final class Routes {
    private static final List<String> RESERVED =
            List.of("/webhooks", "/events", "/views", "/session", "/health", "/metrics", "/api/admin/cache");

    private final Map<String, Element> taken = new LinkedHashMap<>();

    /** @param methods the ones allowed; with a single one the method may be left out */
    Optional<Route> read(Element element, List<String> methods) {
        return element.text().flatMap(text -> {
            var parts = text.strip().split("\\s+", 2);
            var route = parts.length == 2 ? new Route(parts[0], parts[1]) : new Route(methods.get(0), parts[0]);
            boolean named = parts.length == 2 || methods.size() == 1;
            if (!named || !methods.contains(route.method()) || !route.path().matches("/[^\\s?#]+")) {
                element.error("must be " + String.join(", ", methods) + " and a path, such as " + methods.get(0)
                        + " /api/things, was '" + text + "'");
                return Optional.empty();
            }
            return claim(element, route);
        });
    }

    private Optional<Route> claim(Element element, Route route) {
        for (var prefix : RESERVED) {
            if (route.path().equals(prefix) || route.path().startsWith(prefix + "/")) {
                element.error("must not begin with " + prefix, "Freshet answers there itself");
                return Optional.empty();
            }
        }
        var shape = route.toString().replaceAll("\\{[^}]*}", "{}");
        var before = taken.putIfAbsent(shape, element);
        if (before != null) {
            element.error("is taken", route + " is " + before.path() + " in line " + before.line());
            return Optional.empty();
        }
        return Optional.of(route);
    }
}
