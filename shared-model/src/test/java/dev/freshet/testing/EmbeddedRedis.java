package dev.freshet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import redis.embedded.RedisServer;

/** A Redis process of this machine's own kind, from the binary that the dependency repository holds. */
public final class EmbeddedRedis implements AutoCloseable {
    private final int port;
    private final Path directory;
    private final RedisServer server;

    private EmbeddedRedis(int port, Path directory, RedisServer server) {
        this.port = port;
        this.directory = directory;
        this.server = server;
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
        try {
            int chosen = port == 0 ? freePort() : port;
            var directory = Files.createTempDirectory("freshet-redis-");
            var builder = RedisServer.newRedisServer()
                    .port(chosen)
                    .bind("127.0.0.1")
                    .setting("dir " + directory)
                    .setting("save \"\"");
            for (var setting : settings) {
                builder.setting(setting);
            }
            var server = builder.build();
            server.start();
            return new EmbeddedRedis(chosen, directory, server);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded Redis", e);
        }
    }

    public URI url() {
        return URI.create("redis://127.0.0.1:" + port);
    }

    public int port() {
        return port;
    }

    /** Ends the process and keeps its files. */
    public void stop() {
        try {
            server.stop();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop the embedded Redis", e);
        }
    }

    /** Ends the process, if it runs, and starts another one on the same port and the same files. */
    public void restart() {
        stop();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot restart the embedded Redis", e);
        }
    }

    /** Does nothing the second time. */
    @Override
    public void close() {
        if (!Files.exists(directory)) {
            return;
        }
        try {
            server.stop();
            deleteTree(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop the embedded Redis", e);
        }
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
