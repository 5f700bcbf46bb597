package dev.freshet.benchmarks.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Child processes of a benchmark: none of them outlives it, however it ends. */
public final class Programs {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int OLDEST_NODE = 20;
    private static final int TAIL = 25;
    private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\..*");
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Programs::kill)));
    }

    private Programs() {}

    /** @throws BrokenOffException when Node or npm is missing or too old */
    public static void requireNode() throws IOException, InterruptedException {
        int node = version("node");
        version("npm");
        if (node < OLDEST_NODE) {
            throw new BrokenOffException("this benchmark needs Node " + OLDEST_NODE + " or newer with npm, found Node "
                    + node + "; get it from https://nodejs.org or your package manager");
        }
    }

    /**
     * Runs a program to its end.
     *
     * @param log where its output goes
     * @throws BrokenOffException when it fails or takes longer; with the end of its output
     */
    public static void run(Duration longest, Path folder, Path log, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        var process = start(folder, log, environment, command);
        try {
            boolean ended = process.waitFor(longest.toSeconds(), TimeUnit.SECONDS);
            if (!ended || process.exitValue() != 0) {
                var how = ended ? "failed" : "did not end within " + longest.toSeconds() + " s";
                throw new BrokenOffException(String.join(" ", command) + " " + how + "; " + tail(log));
            }
        } finally {
            kill(process);
        }
    }

    /** Starts a program that goes on; whoever starts it ends it by {@link #kill}. */
    public static Process start(Path folder, Path log, Map<String, String> environment, String... command)
            throws IOException {
        var builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        var process = builder.start();
        RUNNING.add(process);
        process.getOutputStream().close();
        return process;
    }

    /** Ends a process and those that it started, now. */
    public static void kill(Process process) {
        var children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        RUNNING.remove(process);
    }

    /** The end of a log, for people. */
    public static String tail(Path log) throws IOException {
        var lines = Files.exists(log) ? Files.readAllLines(log) : List.<String>of();
        return log + " ends with:\n  "
                + String.join("\n  ", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
    }

    private static int version(String program) throws InterruptedException {
        try {
            var process = new ProcessBuilder(program, "--version").start();
            try (var out = process.inputReader()) {
                var version = VERSION.matcher(String.valueOf(out.readLine()));
                return version.matches() ? Integer.parseInt(version.group(1)) : 0;
            } finally {
                kill(process);
            }
        } catch (IOException e) {
            throw new BrokenOffException(
                    "this benchmark needs Node " + OLDEST_NODE + " or newer with npm, but there is no " + program
                            + " on the PATH; get it from https://nodejs.org or your package manager");
        }
    }
}
