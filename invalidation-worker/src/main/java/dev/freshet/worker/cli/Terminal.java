package dev.freshet.worker.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.freshet.cache.CacheOptions;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jdbi.v3.core.JdbiException;

/** What every command works with: the environment, and where results and complaints go. */
record Terminal(Settings settings, PrintStream out, PrintStream err) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final ObjectMapper LINE = new ObjectMapper();
    private static final Duration REDIS_TIMEOUT = Duration.ofSeconds(5);
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\n\t]]");
    /** SQLSTATE undefined_table. */
    private static final String NO_TABLE = "42P01";

    private static final DatabaseOptions DATABASE =
            new DatabaseOptions(1, Duration.ofSeconds(20), Duration.ofSeconds(5));

    /** The catalog that {@code CATALOG} names, or the first that comes with Freshet. */
    Catalog catalog() {
        return CatalogReader.read(settings);
    }

    /** @return empty when {@code DATABASE_URL} is not set */
    Optional<Database> database() {
        return Addresses.from(settings).database().map(url -> new Database(url, DATABASE));
    }

    /**
     * Runs with the database, and lets go of it.
     *
     * @throws SettingException when {@code DATABASE_URL} is not set
     * @throws IllegalStateException when the database is away, or has no tables of Freshet's yet
     */
    <T> T withDatabase(Function<Database, T> work) {
        try (var database = new Database(Addresses.from(settings).requireDatabase(), DATABASE)) {
            try {
                database.ping();
                return work.apply(database);
            } catch (SQLException e) {
                throw database.away(e);
            } catch (JdbiException e) {
                if (e.getCause() instanceof SQLException sql && NO_TABLE.equals(sql.getSQLState())) {
                    throw new IllegalStateException(
                            "the database has no ledger yet; the first 'freshet work' of this version makes it", e);
                }
                throw e;
            }
        }
    }

    /** Runs with the dead letters of the queue's Redis, and lets go of it. */
    <T> T withDeadLetters(Function<DeadLetters, T> work) {
        return withRedis((server, options) -> work.apply(new DeadLetters(server, options)));
    }

    /** As {@link #withDeadLetters}, with the queue and, where {@code DATABASE_URL} is set, the bodies that were moved. */
    <T> T withOpenLetters(Function<OpenLetters, T> work) {
        return withRedis((server, options) -> {
            var queue = new JobQueue(server, options);
            try (var database = database().orElse(null)) {
                var letters = database == null
                        ? new DeadLetters(server, options)
                        : new DeadLetters(server, options, new DeadBodies(database, options.prefix()));
                return work.apply(new OpenLetters(this, letters, queue, Optional.ofNullable(database)));
            }
        });
    }

    /** As {@link #withDeadLetters}, with the queue. */
    <T> T withQueue(Function<JobQueue, T> work) {
        return withRedis((server, options) -> work.apply(new JobQueue(server, options)));
    }

    /** As {@link #withDeadLetters}, with whatever stands there. */
    <T> T withRedis(BiFunction<RedisServer, QueueOptions, T> work) {
        var addresses = Addresses.from(settings);
        try (var server = new RedisServer("queue", addresses.queue(), REDIS_TIMEOUT)) {
            return work.apply(server, QueueOptions.from(settings, addresses.prefix()));
        }
    }

    /**
     * As {@link #withRedis}, with the cache.
     *
     * @throws SettingException when there is none
     */
    <T> T withCache(Function<OpenCache, T> work) {
        if (!settings.flag("REDIS_ENABLED", true)) {
            throw new SettingException("the cache is switched off: REDIS_ENABLED is false, so all reads come from the"
                    + " database and nothing is cached");
        }
        var addresses = Addresses.from(settings);
        try (var server = new RedisServer("cache", addresses.cache(), REDIS_TIMEOUT)) {
            return work.apply(OpenCache.of(server, CacheOptions.from(settings, addresses.prefix())));
        }
    }

    /** @param file a path, or {@code -} for the input */
    byte[] read(String file) throws IOException {
        try {
            return file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException("there is no file " + file);
        }
    }

    /** @throws IllegalArgumentException when the bytes are no JSON */
    JsonNode parse(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new IllegalArgumentException("the body is no JSON", e);
        }
    }

    /** One line of the result. Control characters, which somebody may have sent in, do nothing. */
    void line(String text) {
        out.println(CONTROL.matcher(text).replaceAll("?"));
    }

    /** A complaint that does not end the command. */
    void error(String text) {
        err.println(CONTROL.matcher(text).replaceAll("?"));
    }

    /** Replaces the line that says how far a command is; nothing unless the launcher found a terminal. Empty when it has ended. */
    void progress(String text) {
        if (isInteractive()) {
            err.print("\r" + text + " ".repeat(Math.max(0, 40 - text.length())) + "\r");
            err.flush();
        }
    }

    /** Whether somebody sits there who can be asked; the launcher knows. */
    static boolean isInteractive() {
        return Boolean.getBoolean("freshet.terminal");
    }

    void ask(String question) {
        err.print(question);
        err.flush();
    }

    void bytes(byte[] body) {
        out.writeBytes(body);
        out.flush();
    }

    /** To the second, in UTC. */
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Roughly, in its largest unit: {@code 4s}, {@code 12m}, {@code 3h}, {@code 5d}. */
    static String span(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 120) {
            return seconds + "s";
        }
        return seconds < 7_200
                ? seconds / 60 + "m"
                : seconds < 172_800 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
    }

    /** In the unit that leaves one to four digits: {@code 310 B}, {@code 1.2 KiB}. */
    static String size(long bytes) {
        double number = bytes;
        var unit = "B";
        for (var next : List.of("KiB", "MiB", "GiB", "TiB")) {
            if (number < 1_000) {
                break;
            }
            number /= 1_024;
            unit = next;
        }
        return unit.equals("B") ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", number, unit);
    }

    /** @param value maps, lists, texts, numbers, truth values and JSON only */
    void json(Object value) {
        try {
            out.println(JSON.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** As {@link #json} prints it, in one line. */
    byte[] jsonLine(Object value) {
        try {
            return LINE.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Rows below a head, each column as wide as its longest value. */
    void table(List<String> head, List<List<String>> rows) {
        int[] widths = head.stream().mapToInt(String::length).toArray();
        for (var row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        tableRow(widths, head);
        rows.forEach(row -> tableRow(widths, row));
    }

    private void tableRow(int[] widths, List<String> cells) {
        var text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            text.append(cells.get(i)).append(" ".repeat(widths[i] - cells.get(i).length() + 2));
        }
        line(text.toString().stripTrailing());
    }
}
