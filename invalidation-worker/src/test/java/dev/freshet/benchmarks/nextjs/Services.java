package dev.freshet.benchmarks.nextjs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What Freshet needs, embedded: one Redis for the queue, one for the cache, PostgreSQL with a counter per cohort. */
final class Services implements AutoCloseable {
    /** How many counters schema.sql makes. */
    static final int COHORTS = 40;

    private static final String CHANGES = """
            changes:
              counters:
                with: [ cohort ]
                tags: [ "cohort:{cohort}", dashboard ]
                paths: [ "/cohorts/{cohort}", "/legacy/{cohort}" ]
            """;
    private static final String PROOF = "    proof: { meta: freshet-version }\n";

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, String> settings = new HashMap<>();
    private final String unproven;
    private final String captured;

    /** @param folder the catalog is written into it */
    Services(Path folder) throws IOException {
        try {
            var queue = keep(EmbeddedRedis.start(0));
            var cache = keep(EmbeddedRedis.start(0, "maxmemory 256mb", "maxmemory-policy allkeys-lru"));
            var database = keep(EmbeddedDatabase.start(0));
            settings.put("REDIS_QUEUE_URL", queue.url().toString());
            settings.put("REDIS_CACHE_URL", cache.url().toString());
            settings.put("DATABASE_URL", database.url().toString());
            var text = resource("catalog.yaml");
            settings.put("CATALOG", write(folder.resolve("catalog.yaml"), text));
            unproven = write(folder.resolve("unproven.yaml"), text.replace(PROOF, ""));
            captured = write(folder.resolve("captured.yaml"), text + "\n" + CHANGES);
            load(database);
        } catch (RuntimeException | IOException e) {
            close();
            throw e;
        }
    }

    /** The same catalog without proof of freshness: what a worker tells is not looked at afterwards. */
    String unproven() {
        return unproven;
    }

    /** The same catalog with what a change of the counters' table means, whoever makes it. */
    String captured() {
        return captured;
    }

    String proven() {
        return Objects.requireNonNull(settings.get("CATALOG"));
    }

    /** Where everything is, as settings of Freshet's processes. */
    Map<String, String> settings() {
        return Map.copyOf(settings);
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("cannot stop cleanly: " + e);
            }
        }
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static void load(EmbeddedDatabase database) throws IOException {
        try (var pool = new Database(database.url(), DatabaseOptions.DEFAULTS);
                var connection = pool.connection();
                var statement = connection.createStatement()) {
            statement.execute(resource("schema.sql"));
        } catch (SQLException e) {
            throw new IllegalStateException("cannot make the counters", e);
        }
    }

    private static String write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        return file.toString();
    }

    private static String resource(String name) throws IOException {
        try (var stream = Services.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(stream, name).readAllBytes(), UTF_8);
        }
    }
}
