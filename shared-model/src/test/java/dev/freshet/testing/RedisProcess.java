package dev.freshet.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import redis.embedded.core.ExecutableProvider;

/** One process of the embedded Redis binary, as a server, a node of a cluster or a sentinel, that can be killed. */
public final class RedisProcess implements AutoCloseable {
    /** Below the ports that systems hand out by themselves, so that nobody takes one between the look and the start. */
    private static final int FIRST_PORT = 11_000;

    private static final int LAST_PORT = 21_000;
    static final int BUS_OFFSET = 10_000;

    private static final class Binary {
        static final Path PATH = extract();

        private static Path extract() {
            try {
                var file = ExecutableProvider.newJarResourceProvider().get();
                file.deleteOnExit(); // in a folder of this JVM, which goes with it once it is empty
                return file.toPath();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot unpack the embedded Redis", e);
            }
        }
    }

    private final int port;
    private final Path directory;
    private final List<String> command;
    private Process process;

    private RedisProcess(int port, Path directory, List<String> command) {
        this.port = port;
        this.directory = directory;
        this.command = command;
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    /** @param settings lines as in redis.conf, beside port and directory */
    public static RedisProcess server(int port, List<String> settings) {
        return start(port, settings, List.of());
    }

    /** @param settings lines as in sentinel.conf, beside port and directory */
    static RedisProcess sentinel(int port, List<String> settings) {
        return start(port, settings, List.of("--sentinel"));
    }

    private static RedisProcess start(int port, List<String> settings, List<String> arguments) {
        try {
            var directory = Files.createTempDirectory("freshet-redis-");
            var lines = new ArrayList<>(List.of("port " + port, "bind 127.0.0.1", "dir " + directory));
            lines.addAll(settings);
            var file = Files.write(directory.resolve("redis.conf"), lines);
            var command = new ArrayList<>(List.of(Binary.PATH.toString(), file.toString()));
            command.addAll(arguments);
            return new RedisProcess(port, directory, command);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded Redis", e);
        }
    }

    static Path binary() {
        return Binary.PATH;
    }

    public int port() {
        return port;
    }

    /** Waits until somebody listens. */
    public RedisProcess ready() {
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofMinutes(1))
                .until(this::listens);
        return this;
    }

    /** SIGTERM, and SIGKILL where it is refused: by a server that writes its first append-only file, for one. */
    void end() {
        process.destroy();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
    }

    /** SIGKILL: the process writes and says nothing more. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** SIGSTOP: the process stands still, and its connections stay open. */
    public void stop() {
        Signals.send(process.pid(), "STOP");
    }

    /** SIGCONT: it goes on where it stood still. */
    public void resume() {
        Signals.send(process.pid(), "CONT");
    }

    /** Where its files and its log are. */
    public Path directory() {
        return directory;
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Starts again on the same port and the same files. */
    public void restart() {
        kill();
        process = launch();
        ready();
    }

    /** Ends the process and removes its files. Whoever comes second waits until that is done. */
    @Override
    public synchronized void close() {
        kill();
        try {
            if (Files.exists(directory)) {
                EmbeddedRedis.deleteTree(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + directory, e);
        }
    }

    /** A port that is free now, with the one that its node's bus will take. */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            if (isFree(port) && isFree(port + BUS_OFFSET)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private Process launch() {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(
                            Redirect.appendTo(directory.resolve("redis.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded Redis", e);
        }
    }

    private boolean listens() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the embedded Redis ended; see " + directory.resolve("redis.log"));
        }
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
