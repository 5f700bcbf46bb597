package dev.freshet.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL process of this machine's own kind, from the binary that the dependency repository holds. It ends with this
 * JVM, also while it starts, and its files go with it.
 */
public final class EmbeddedDatabase implements AutoCloseable {
    /** A busy machine takes its time. */
    static final Duration STARTUP = Duration.ofMinutes(1);

    private static final Duration END = Duration.ofSeconds(10);

    private final Path directory;
    private @Nullable EmbeddedPostgres server;
    private int port;

    private EmbeddedDatabase() throws IOException {
        directory = Files.createTempDirectory("freshet-postgresql-");
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    /** @param port 0 for any free one */
    public static EmbeddedDatabase start(int port) {
        return start(port, Map.of());
    }

    /** One that speaks TLS to whoever asks for it. */
    public static EmbeddedDatabase start(TestCertificates certificates) {
        return start(
                0,
                Map.of(
                        "ssl",
                        "on",
                        "ssl_cert_file",
                        certificates.certificate().toString(),
                        "ssl_key_file",
                        certificates.key().toString()));
    }

    private static EmbeddedDatabase start(int port, Map<String, String> settings) {
        try {
            var database = new EmbeddedDatabase();
            database.launch(port, settings);
            return database;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the embedded PostgreSQL", e);
        }
    }

    /** Who closes meanwhile waits for it, since nobody can stop a server that is being made. */
    private synchronized void launch(int wanted, Map<String, String> settings) throws IOException {
        var builder = EmbeddedPostgres.builder()
                .setPort(wanted)
                .setDataDirectory(directory)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setPGStartupWait(STARTUP)
                .setServerConfig("max_connections", "100")
                .setLocaleConfig("locale", "C.UTF-8");
        settings.forEach(builder::setServerConfig);
        var started = builder.start();
        server = started;
        port = started.getPort();
    }

    public URI url() {
        return URI.create("postgresql://postgres:postgres@127.0.0.1:" + port + "/postgres");
    }

    /** Does nothing the second time; who comes second waits until all is done. */
    @Override
    public synchronized void close() {
        try {
            if (server != null) {
                server.close();
            }
            endWhatIsLeft();
            if (Files.exists(directory)) {
                EmbeddedRedis.deleteTree(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop the embedded PostgreSQL", e);
        }
    }

    /** A server that did not answer in time, when it was started or told to stop. */
    private void endWhatIsLeft() throws IOException {
        var file = directory.resolve("postmaster.pid");
        if (Files.exists(file)) {
            long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
            Signals.send(pid, "INT");
            ProcessHandle.of(pid)
                    .ifPresent(left -> left.onExit()
                            .orTimeout(END.toSeconds(), TimeUnit.SECONDS)
                            .exceptionally(e -> left)
                            .join());
        }
    }
}
