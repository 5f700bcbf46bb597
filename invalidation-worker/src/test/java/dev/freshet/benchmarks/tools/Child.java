package dev.freshet.benchmarks.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A JVM of its own, with the classes as they are shipped; its output goes to {@code NAME.log}. */
public final class Child implements AutoCloseable {
    private static final int DRAIN_SECONDS = 30;

    private final String name;
    private final Process process;

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /**
     * Starts one.
     *
     * @param module whose {@code target/app} holds it: {@code webhook-ingest} or {@code invalidation-worker}
     * @param options of the JVM
     * @param environment all of it
     * @param command main class and arguments
     */
    public static Child shipped(
            String name, String module, List<String> options, Map<String, String> environment, String... command)
            throws IOException {
        return start(name, shippedPath(module), options, environment, command);
    }

    /** The jars of a module and those that it needs, in the order in which its image names them. */
    public static String shippedPath(String module) throws IOException {
        var app = Mode.home().resolve(module).resolve("target/app");
        return Stream.concat(jars(app), jars(app.resolve("lib"))).collect(Collectors.joining(":"));
    }

    private static Stream<String> jars(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(Path::toString).filter(file -> file.endsWith(".jar")).sorted().toList().stream();
        }
    }

    /** As {@link #shipped}, with the classes of this process, those of the benchmarks among them. */
    public static Child own(String name, List<String> options, Map<String, String> environment, String... command)
            throws IOException {
        return start(name, System.getProperty("java.class.path"), options, environment, command);
    }

    /** As {@link #shipped}, with this class path. */
    public static Child start(
            String name, String classPath, List<String> options, Map<String, String> environment, String... command)
            throws IOException {
        Files.createDirectories(Mode.folder());
        var words = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        words.add("--enable-native-access=ALL-UNNAMED");
        if (Runtime.version().feature() >= 23) {
            words.add("--sun-misc-unsafe-memory-access=allow"); // else Netty is warned about
        }
        words.addAll(options);
        words.addAll(Profile.options(name));
        words.addAll(List.of("-cp", classPath));
        words.addAll(List.of(command));
        var process = Programs.start(Mode.folder(), log(name), environment, words.toArray(String[]::new));
        return new Child(name, process);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Resident memory in KiB; 0 where the system does not say. */
    public long residentKib() {
        try (var lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0L);
        } catch (IOException e) {
            return 0;
        }
    }

    /** The end of what it said. */
    public String tail() throws IOException {
        return Programs.tail(log(name));
    }

    /** Lets it drain, then prints its profile if there is one. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            process.waitFor(DRAIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Programs.kill(process);
        Profile.print(name);
    }

    private static Path log(String name) {
        return Mode.folder().resolve(name + ".log");
    }
}
