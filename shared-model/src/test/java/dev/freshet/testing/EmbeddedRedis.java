package dev.freshet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A Redis process of this machine's own kind, from the binary that the dependency repository holds. */
public final class EmbeddedRedis implements AutoCloseable {
    private final RedisProcess process;

    private EmbeddedRedis(RedisProcess process) {
        this.process = process;
    }

    /**
     * A queue server as in production: AOF every second, noeviction.
     *
     * @param port 0 for any free one
     */
    public static EmbeddedRedis start(int port) {
        return start(port, "appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction");
    }

    /**
     * @param port 0 for any free one
     * @param settings lines as in redis.conf
     */
    public static EmbeddedRedis start(int port, String... settings) {
        var lines = new ArrayList<>(List.of("save \"\""));
        lines.addAll(List.of(settings));
        var process = RedisProcess.server(port == 0 ? RedisProcess.freePort() : port, lines);
        try {
            return new EmbeddedRedis(process.ready());
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
    }

    public URI url() {
        return URI.create("redis://127.0.0.1:" + port());
    }

    public int port() {
        return process.port();
    }

    /** Ends the process and keeps its files. */
    public void stop() {
        process.end();
    }

    /** Ends the process, if it runs, and starts another one on the same port and the same files. */
    public void restart() {
        process.end();
        process.restart();
    }

    /** Does nothing the second time. */
    @Override
    public void close() {
        process.close();
    }

    /** A port that was free a moment ago. */
    public static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void deleteTree(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
