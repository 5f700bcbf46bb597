package dev.freshet.benchmarks.faults;

import dev.freshet.testing.Signals;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of Freshet's processes as an operator runs it: whenever it ends, it is started again. */
final class Jvm implements AutoCloseable {
    /** How it is started. */
    record Program(Class<?> main, List<String> arguments, Map<String, String> environment) {}

    private static final Duration REST = Duration.ofMillis(300);
    /** Longest on a machine that does other things too. */
    static final Duration START = Duration.ofMinutes(3);

    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();

    private final String name;
    private final Program usual;
    private final URI health;
    private final Path log;
    private Program program;
    private File output;
    private Process process;
    private boolean isWanted = true;
    private int starts;

    /**
     * @param health what answers once it is up
     * @param log what it says is added to it
     */
    Jvm(String name, Program program, URI health, Path log) {
        this.name = name;
        this.usual = program;
        this.program = program;
        this.health = health;
        this.log = log;
        this.output = log.toFile();
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    }

    /** At once, and for good. */
    private synchronized void end() {
        isWanted = false;
        process.destroyForcibly();
    }

    String name() {
        return name;
    }

    synchronized long pid() {
        return process.pid();
    }

    synchronized int starts() {
        return starts;
    }

    /** SIGKILL. */
    synchronized void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM: it drains. */
    synchronized void terminate() {
        process.destroy();
    }

    /** SIGSTOP. */
    void stop() {
        Signals.send(pid(), "STOP");
    }

    /** SIGCONT. */
    void resume() {
        Signals.send(pid(), "CONT");
    }

    /** From its next start on it is this, until {@link #asUsual}. */
    synchronized void become(Program other, File otherOutput) {
        program = other;
        output = otherOutput;
    }

    synchronized void become(Program other) {
        become(other, log.toFile());
    }

    synchronized void asUsual() {
        become(usual, log.toFile());
    }

    Program usual() {
        return usual;
    }

    /** With the clock of its host this far off. */
    Program withClock(Duration off) {
        var kind = usual.arguments.isEmpty() ? "ingest" : usual.arguments.getFirst();
        return new Program(WrongClock.class, List.of(kind, off.toString()), usual.environment);
    }

    /** Tells it to end, and waits until it was started again. */
    void startAgain() {
        int before = starts();
        terminate();
        Wait.until(START, () -> starts() > before && isUp());
    }

    /** Whether it answers, whatever it says of its dependencies. */
    boolean isUp() {
        try {
            HTTP.send(
                    HttpRequest.newBuilder(health)
                            .timeout(Duration.ofSeconds(3))
                            .build(),
                    BodyHandlers.discarding());
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** All that it said since the first start. */
    String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path log() {
        return log;
    }

    @Override
    public void close() {
        Process last;
        synchronized (this) {
            isWanted = false;
            last = process;
        }
        Signals.send(last.pid(), "CONT");
        last.destroy();
        try {
            if (!last.waitFor(15, TimeUnit.SECONDS)) {
                last.destroyForcibly();
            }
        } catch (InterruptedException e) {
            last.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Process launch() {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx192m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                program.main.getName()));
        command.addAll(program.arguments);
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(new HashMap<>(program.environment));
        try {
            starts++;
            var started = builder.redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(output))
                    .start();
            Thread.ofVirtual().start(() -> ended(started));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + name, e);
        }
    }

    private void ended(Process one) {
        try {
            one.waitFor();
            Thread.sleep(REST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (isWanted) {
                process = launch();
            }
        }
    }
}
