package dev.freshet.benchmarks.tools;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** References that run on Node, with what npm installs for them now; nothing of it is committed. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Npm {
    private static final Duration INSTALL = Duration.ofMinutes(5);

    private Npm() {}

    /**
     * Installs packages beside a script of {@code benchmarks/}.
     *
     * @param script such as {@code bullmq.mjs}
     * @param packages versions by name
     * @return the script where it can be run; empty, with a line that says why, when Node, npm or the packages are missing
     */
    public static Optional<Path> install(String script, Map<String, String> packages)
            throws IOException, InterruptedException {
        var folder = Files.createDirectories(Mode.folder().resolve(script.replace(".mjs", "")));
        var manifest = Map.of("private", true, "type", "module", "dependencies", packages);
        Files.writeString(folder.resolve("package.json"), new JsonMapper().writeValueAsString(manifest));
        try {
            Programs.requireNode();
            Programs.run(
                    INSTALL,
                    folder,
                    folder.resolve("npm.log"),
                    Map.of(),
                    "npm",
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-package-lock");
        } catch (BrokenOffException e) {
            System.out.println("  " + script + ": missing, " + e.getMessage());
            return Optional.empty();
        }
        var there = folder.resolve(script);
        Files.copy(Mode.home().resolve("benchmarks").resolve(script), there, StandardCopyOption.REPLACE_EXISTING);
        return Optional.of(there);
    }
}
