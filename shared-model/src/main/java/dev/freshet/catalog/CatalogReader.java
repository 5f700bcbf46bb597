package dev.freshet.catalog;

import dev.freshet.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads a catalog and checks all of it that can be checked without a database. Every problem is reported, not only the
 * first.
 */
public final class CatalogReader {
    private CatalogReader() {}

    /** Reads the catalog that {@code CATALOG} names, else the first that comes with Freshet. */
    public static Catalog read(Settings settings) {
        return read(settings.text("CATALOG", names().getFirst()), settings);
    }

    /** As {@link #read(String, Settings)}, with an environment of its own. */
    public static Catalog read(String source, Map<String, String> environment) {
        return read(source, new Settings(environment));
    }

    /**
     * @param source a file, a folder with a {@code catalog.yaml}, or one of {@link #names}
     * @param settings fill {@code ${NAME}}; {@code CACHE_TTL_VIEW} overrides the ttl of a view, in seconds or as a
     *     duration
     * @throws CatalogException naming everything that is wrong
     */
    public static Catalog read(String source, Settings settings) {
        var builtin = CatalogReader.class.getResource("/catalogs/" + source + "/catalog.yaml");
        try {
            var file = file(source);
            if (file.isPresent()) {
                return parse(file.get().toString(), Files.readString(file.get()), settings);
            }
            if (builtin != null) {
                try (var stream = builtin.openStream()) {
                    var text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    return parse(source + "/catalog.yaml", text, settings);
                }
            }
        } catch (IOException e) {
            throw single(source, 0, "cannot be read: " + e.getMessage(), "");
        }
        var remedy = "name a file, a folder with a catalog.yaml, or one that comes with Freshet: "
                + String.join(", ", names());
        throw single(source, 0, "there is no such catalog", remedy);
    }

    /** The file that a source means: it is one, or the {@code catalog.yaml} of a folder; empty when it is neither. */
    static Optional<Path> file(String source) {
        return Stream.of(Path.of(source), Path.of(source, "catalog.yaml"))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** The catalogs that come with Freshet, the one that is meant by default first. */
    public static List<String> names() {
        try (var stream = CatalogReader.class.getResourceAsStream("/catalogs/index")) {
            return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param file how problems name it */
    static Catalog parse(String file, String text, Settings settings) {
        var problems = new Problems(file);
        try {
            var options = new LoaderOptions();
            var parser = new ParserImpl(new StreamReader(text), options);
            var root = new Composer(parser, new Resolver(), options).getSingleNode();
            if (root == null) {
                throw single(file, 1, "the file is empty", "");
            }
            return new CatalogParser(file, problems, settings).catalog(new Element(root, problems));
        } catch (MarkedYAMLException e) {
            var mark = e.getProblemMark();
            int line = mark == null ? 0 : mark.getLine();
            throw single(file, line + 1, "this is no YAML: " + e.getProblem(), remedy(text, line));
        } catch (YAMLException e) {
            throw single(file, 1, "this is no YAML: " + e.getMessage(), "");
        }
    }

    /** @param line counted from 0 */
    private static String remedy(String text, int line) {
        var wrong = text.lines().skip(line).findFirst().orElse("");
        boolean optional = wrong.matches(".*[^\"'\\s]\\?\\s*[,}\\]].*");
        return optional ? "quote a value that ends with ?" : Unquoted.remedy(wrong);
    }

    private static CatalogException single(String file, int line, String message, String remedy) {
        return new CatalogException(List.of(Problem.error(file, line, message, remedy)));
    }
}
