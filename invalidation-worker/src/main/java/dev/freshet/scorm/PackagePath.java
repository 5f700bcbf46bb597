package dev.freshet.scorm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where something lies in a package, resolved as a browser would: relative to its root, by forward slashes, never out of it. */
final class PackagePath {
    /** Control characters, which browsers drop, and slashes that are encoded, which servers may decode. */
    private static final Pattern REFUSED = Pattern.compile("\\p{Cntrl}|%(2f|5c|00)", Pattern.CASE_INSENSITIVE);

    private PackagePath() {}

    /**
     * @param folder empty for the package's root, else it ends with a slash
     * @param href may have a query and a fragment, which stay as they are
     * @return empty when it leads out of the package, or to no file
     */
    static Optional<String> file(String folder, String href) {
        int end = endOfPath(href);
        return segments(folder, href.substring(0, end))
                .filter(segments -> !segments.isEmpty())
                .map(segments -> String.join("/", segments) + href.substring(end));
    }

    /**
     * @param parent as the folder of {@link #file}
     * @param base what an {@code xml:base} says, with or without the slash at its end
     * @return empty when it leads out of the package; else "" for its root, or what ends with a slash
     */
    static Optional<String> folder(String parent, String base) {
        return segments(parent, base)
                .filter(segments -> endOfPath(base) == base.length())
                .map(segments -> segments.isEmpty() ? "" : String.join("/", segments) + "/");
    }

    /** What a player opens: the file with an item's parameters, by the rule of SCORM 2004's Content Aggregation Model, 3.4.1. */
    static String launch(String file, String parameters) {
        var rest = parameters.replaceFirst("^[?&]+", "");
        boolean hasQuery = file.contains("?");
        if (rest.startsWith("#")) {
            return hasQuery || file.contains("#") ? file : file + rest;
        }
        return rest.isEmpty() ? file : file + (hasQuery ? "&" : "?") + rest;
    }

    private static int endOfPath(String reference) {
        int end = 0;
        while (end < reference.length() && reference.charAt(end) != '?' && reference.charAt(end) != '#') {
            end++;
        }
        return end;
    }

    /** Browsers take a backslash for a slash, and %2e for a dot. A colon anywhere could become a scheme once dots are gone. */
    private static Optional<List<String>> segments(String folder, String path) {
        if (path.startsWith("/")
                || path.startsWith("\\")
                || path.contains(":")
                || REFUSED.matcher(path).find()) {
            return Optional.empty();
        }
        var segments = new ArrayList<String>();
        for (var segment : (folder + path).replace('\\', '/').split("/", -1)) {
            switch (segment.toLowerCase(Locale.ROOT).replace("%2e", ".")) {
                case "", "." -> {}
                case ".." -> {
                    if (segments.isEmpty()) {
                        return Optional.empty();
                    }
                    segments.removeLast();
                }
                default -> segments.add(segment);
            }
        }
        return Optional.of(segments);
    }
}
