package dev.freshet.testing;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL from the embedded binary, as a process that can be killed and started again on its files and its port. */
public final class DatabaseProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final String SUPERUSER = "postgres";

    private final int port;
    private final Path directory;
    private final Path log;
    private final List<String> command;
    private Process process;

    private DatabaseProcess(int port, Path directory, Path log, List<String> command) {
        this.port = port;
        this.directory = directory;
        this.log = log;
        this.command = command;
        this.process = launch();
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
    }

    /**
     * @param log what the server says is added to it
     * @param settings such as {@code max_connections=60}
     */
    public static DatabaseProcess start(Path log, String... settings) {
        try {
            var directory = Files.createTempDirectory("freshet-postgresql-");
            var program = initialise(directory.resolve("data"));
            int port = RedisProcess.freePort();
            var command = new ArrayList<String>();
            if ("root"
                    .equals(System.getProperty(
                            "user.name"))) { // whom it refuses, so in a namespace where it is another
                command.addAll(List.of("unshare", "-U"));
            }
            command.addAll(List.of(program, "-D", directory.resolve("data").toString(), "-p", String.valueOf(port)));
            command.addAll(List.of("-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"));
            for (var setting : settings) {
                command.addAll(List.of("-c", setting));
            }
            return new DatabaseProcess(port, directory, log, command).ready();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start PostgreSQL", e);
        }
    }

    /** @return the path of the server's program, which the library unpacks and does not tell */
    private static String initialise(Path data) throws IOException {
        var builder = EmbeddedPostgres.builder()
                .setPGStartupWait(EmbeddedDatabase.STARTUP)
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setLocaleConfig("locale", "C.UTF-8");
        try (var once = builder.start()) {
            var line = Files.readString(data.resolve("postmaster.opts"));
            return line.substring(0, line.indexOf(' '));
        }
    }

    public int port() {
        return port;
    }

    /** As the superuser. */
    public URI url() {
        return URI.create("postgresql://" + SUPERUSER + ":" + SUPERUSER + "@127.0.0.1:" + port + "/postgres");
    }

    /** A connection of the superuser, to be closed by the caller. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres?connectTimeout=3&socketTimeout=90",
                SUPERUSER,
                SUPERUSER);
    }

    /** SIGKILL to the server and to everything that it started, the server first: it must not tidy up after them. */
    public void kill() {
        var children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        join();
        children.forEach(child -> child.onExit()
                .orTimeout(10, TimeUnit.SECONDS)
                .exceptionally(e -> child)
                .join());
    }

    /** SIGINT, which is PostgreSQL's fast shutdown: sessions are ended, what is committed is on the disk. */
    public void stop() {
        Signals.send(process.pid(), "INT");
        join();
    }

    /** Starts again on the same port and the same files, and waits until it answers. */
    public void restart() {
        if (process.isAlive()) {
            kill();
        }
        process = launch();
        ready();
    }

    @Override
    public void close() {
        kill();
        try {
            if (Files.exists(directory)) {
                EmbeddedRedis.deleteTree(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + directory, e);
        }
    }

    private void join() {
        try {
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private DatabaseProcess ready() {
        await().pollInterval(Duration.ofMillis(20)).atMost(START).until(this::answers);
        return this;
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new IllegalStateException("PostgreSQL ended; see " + log);
        }
        try (var connection = connect()) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false;
        }
    }

    private Process launch() {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start PostgreSQL", e);
        }
    }
}
