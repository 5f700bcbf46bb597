package dev.freshet.catalog;

/**
 * Where a view is read or an event of the application is written over HTTP.
 *
 * @param method {@code GET} for views; {@code POST}, {@code PUT}, {@code PATCH} or {@code DELETE} for events
 * @param path begins with a slash; the route of a view may hold its parameters, such as {@code /api/users/{email}}
 */
public record Route(String method, String path) {
    @Override
    public String toString() {
        return method + " " + path;
    }
}
