package dev.freshet.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** What operators read. */
final class Handbook {
    private Handbook() {}

    static String section(String title) throws IOException {
        var text = Files.readString(Path.of("../docs/operations.md"));
        int start = text.indexOf("\n## " + title + "\n");
        return text.substring(start, text.indexOf("\n## ", start + 1));
    }

    /** The metrics that a text names, a histogram's parts by the histogram's name. */
    static List<String> metrics(String text) {
        return names("freshet_[a-z_]+", text).stream()
                .map(name -> name.replaceFirst("(?<=_seconds)_(bucket|sum|count|max)$", ""))
                .distinct()
                .toList();
    }

    static List<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group())
                .distinct()
                .toList();
    }
}
