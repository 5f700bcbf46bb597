package dev.freshet.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What operators read. */
public final class Handbook {
    private Handbook() {}

    static String section(String title) throws IOException {
        var text = Files.readString(Path.of("../docs/operations.md"));
        int start = text.indexOf("\n## " + title + "\n");
        return text.substring(start, text.indexOf("\n## ", start + 1));
    }

    /**
     * Every setting, with its default as the handbook words it, which is empty where its table has none. Those of views
     * are {@code CACHE_TTL_<VIEW>}.
     */
    public static Map<String, String> settings() throws IOException {
        var settings = new LinkedHashMap<String, String>();
        boolean hasDefaults = false;
        for (var line : section("Settings").lines().toList()) {
            var cells = line.split(" *\\| *", 4);
            if (line.startsWith("| name |")) {
                hasDefaults = cells[2].equals("default");
            } else if (line.startsWith("| `")) {
                var names = names("(?<=`)[A-Z_]+(<VIEW>)?(?=`)", cells[1]);
                var defaults = cells[2].split(", ", names.size());
                for (int i = 0; i < names.size(); i++) {
                    settings.put(names.get(i), hasDefaults && i < defaults.length ? defaults[i] : "");
                }
            }
        }
        return settings;
    }

    /** What to do, by the title of the entry. */
    static Map<String, String> entries() throws IOException {
        var entries = new LinkedHashMap<String, String>();
        for (var paragraph : section("What to do when").split("\n\n", -1)) {
            var title = Pattern.compile("^\\*\\*(.+?)[.?]?\\*\\*", Pattern.MULTILINE)
                    .matcher(paragraph);
            if (title.find()) {
                entries.put(title.group(1), paragraph);
            }
        }
        return entries;
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
