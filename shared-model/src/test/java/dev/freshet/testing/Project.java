package dev.freshet.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** The project's own files, for tests of what stands in them. */
public final class Project {
    private Project() {}

    /**
     * Tests run in the folder of their module, or in that of the project.
     *
     * @param path from the project's folder, such as {@code docs/cache.md}
     */
    public static Path path(String path) {
        var here = Path.of("");
        return (Files.isDirectory(here.resolve("docs")) ? here : Path.of("..")).resolve(path);
    }
}
