package dev.freshet.benchmarks.nextjs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Programs;
import dev.freshet.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The application, installed and built for one version of Next.js. What the last run installed and built is taken again
 * when nothing of it has changed.
 */
final class Site {
    private static final Duration LONGEST_INSTALL = Duration.ofMinutes(10);
    private static final Duration LONGEST_BUILD = Duration.ofMinutes(5);
    private static final String MODULES = "node_modules";
    /** What the application's configuration makes another build of, with pages by {@code use cache}. */
    static final Map<String, String> COMPONENTS = Map.of("CACHE_COMPONENTS", "1");

    /** What the builds leave in the folder, with and without them. */
    private static final List<String> BUILDS = List.of(".next", ".next-components");

    private final String version;
    private final Path output;
    private final Path folder;

    private Site(String version, Path output) {
        this.version = version;
        this.output = output;
        this.folder = output.resolve("site");
    }

    /**
     * Installs and builds what has to be.
     *
     * @param home of the project
     * @param version a folder of the application's own, such as 16
     * @param source where the pages that are rendered by the build find their numbers
     * @param views what serve answers to {@code GET /views}
     */
    static Site prepare(Path home, String version, Source source, String views)
            throws IOException, InterruptedException {
        var kit = home.resolve("invalidation-worker/nextjs");
        var sources = kit.resolve("test/app");
        var site = new Site(
                version, home.resolve("invalidation-worker/target/nextjs").resolve(version));
        Files.createDirectories(site.folder);
        for (var file : list(site.folder)) {
            if (!isMade(file)) {
                delete(file);
            }
        }
        copy(sources.resolve("site"), site.folder);
        copy(sources.resolve(version), site.folder);
        Files.writeString(site.folder.resolve("freshet.views.json"), views);
        site.install();
        site.addKit(kit);
        site.build(source, Map.of());
        if (site.hasUseCache()) {
            site.build(source, COMPONENTS);
        }
        return site;
    }

    /** Whether this version of Next.js has {@code use cache}, and there is a build with {@link #COMPONENTS}. */
    boolean hasUseCache() {
        return version.equals("16");
    }

    /** Where logs and screenshots go. */
    Path output() {
        return output;
    }

    Path folder() {
        return folder;
    }

    /** What every process of the application needs in its environment. */
    static Map<String, String> environment(Source source) {
        var environment = new HashMap<>(Map.of(
                "NEXT_TELEMETRY_DISABLED",
                "1",
                "FRESHET_URL",
                source.url().toString(),
                "REVALIDATE_SECRET",
                Freshet.REVALIDATE_SECRET));
        environment.put("NODE_ENV", "production");
        return environment;
    }

    /** A folder with the build and a disk cache of its own, as each machine of a deployment has. */
    Path copyOfBuild(String name) throws IOException {
        var copy = output.resolve(name);
        delete(copy);
        Files.createDirectories(copy);
        for (var file : list(folder)) {
            var target = copy.resolve(file.getFileName().toString());
            if (file.endsWith(MODULES)) {
                Files.createSymbolicLink(target, file);
            } else {
                copy(file, target);
            }
        }
        return copy;
    }

    private void install() throws IOException, InterruptedException {
        var stamp = folder.resolve(MODULES).resolve(".installed");
        var wanted = Sha256.hex(Files.readAllBytes(folder.resolve("package-lock.json")));
        if (Files.exists(stamp) && Files.readString(stamp).equals(wanted)) {
            return;
        }
        var log = log("install.log");
        Programs.run(LONGEST_INSTALL, folder, log, Map.of(), "npm", "ci");
        Files.writeString(stamp, wanted);
    }

    /** Copied, not linked: a link that leads out of the application's folder is nothing that Next.js builds. */
    private void addKit(Path kit) throws IOException {
        var target = folder.resolve(MODULES).resolve("freshet-nextjs");
        delete(target);
        Files.createDirectories(target);
        for (var file : list(kit)) {
            if (!List.of("test", "tafta", MODULES).contains(file.getFileName().toString())) {
                copy(file, target.resolve(file.getFileName().toString()));
            }
        }
    }

    /**
     * Builds what is not built yet.
     *
     * @param more settings beside those that every process has, as its instances have them
     */
    private void build(Source source, Map<String, String> more) throws IOException, InterruptedException {
        var build = folder.resolve(more.equals(COMPONENTS) ? BUILDS.get(1) : BUILDS.get(0));
        var stamp = build.resolve("freshet-built");
        var wanted = digest();
        if (Files.exists(stamp) && Files.readString(stamp).equals(wanted)) {
            return;
        }
        delete(build);
        var environment = environment(source);
        environment.putAll(more);
        Programs.run(LONGEST_BUILD, folder, log("build.log"), environment, "node", next(), "build");
        Files.writeString(stamp, wanted);
    }

    String next() {
        return folder.resolve(MODULES).resolve("next/dist/bin/next").toString();
    }

    /** A new file. */
    Path log(String name) throws IOException {
        var log = output.resolve(name);
        Files.deleteIfExists(log);
        return log;
    }

    /** Of everything that the build is made of, but for what {@link #install} has put there. */
    private String digest() throws IOException {
        var all = new ByteArrayOutputStream();
        for (var part : List.of(folder, folder.resolve(MODULES).resolve("freshet-nextjs"))) {
            for (var file : list(part)) {
                if (!isMade(file)) {
                    append(all, file);
                }
            }
        }
        return Sha256.hex(all.toByteArray());
    }

    private static void append(ByteArrayOutputStream all, Path part) throws IOException {
        try (var files = Files.walk(part)) {
            for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                all.write((file + "\n").getBytes(UTF_8));
                all.write(Files.readAllBytes(file));
            }
        }
    }

    /** Whether npm or Next.js made it. */
    private static boolean isMade(Path file) {
        var name = file.getFileName().toString();
        return name.equals(MODULES) || BUILDS.contains(name);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            files.forEach(file -> {
                try {
                    var target = to.resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                        Files.createDirectories(target);
                    } else {
                        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** With all that is in it; nothing happens when it does not exist. */
    static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (var files = Files.walk(path)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
