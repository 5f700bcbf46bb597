package dev.freshet.worker.run;

import static org.awaitility.Awaitility.await;

import dev.freshet.worker.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A worker in a process of its own, started as in production, so that it can be told to stop, and killed. */
final class WorkerJvm implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);

    private final Map<String, String> environment;
    private final Path output;
    private final Process process;

    private WorkerJvm(Map<String, String> environment) {
        this.environment = environment;
        try {
            output = Files.createTempFile("worker", ".log");
            var builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    Main.class.getName(),
                    "work");
            builder.environment().clear();
            builder.environment().putAll(environment);
            process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a process and does not wait for it. */
    static WorkerJvm launch(Map<String, String> environment) {
        return new WorkerJvm(environment);
    }

    /** Starts a process and waits until it says how it is. */
    static WorkerJvm start(Map<String, String> environment) {
        var worker = launch(environment);
        try {
            await().atMost(START)
                    .until(() -> !worker.process.isAlive()
                            || WorkerHealth.of(environment).status() != 0);
            if (!worker.process.isAlive()) {
                throw new IllegalStateException("the worker did not start: " + worker.output());
            }
            return worker;
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    WorkerHealth health() {
        return WorkerHealth.of(environment);
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** @return the exit code */
    int awaitEnd(Duration most) {
        try {
            if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the worker still lives: " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Both streams so far. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
        awaitEnd(Duration.ofSeconds(10));
        try {
            Files.deleteIfExists(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
