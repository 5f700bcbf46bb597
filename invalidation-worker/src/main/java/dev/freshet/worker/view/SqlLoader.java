package dev.freshet.worker.view;

import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.Query;
import dev.freshet.worker.view.Loaders.Batch;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Runs views' SQL, so many at a time: a cold cache must not take every connection of the database. */
final class SqlLoader {
    /** How long a load waits for its turn. With the statement's own timeout it must stay below the cache's lease. */
    private static final Duration TURN = Duration.ofSeconds(5);

    /** After an outage was seen, for how long loads fail at once instead of each waiting for a connection in turn. */
    private static final Duration REST = Duration.ofSeconds(1);

    private final Database database;
    private final Semaphore turns;
    private final Map<String, Query> queries = new ConcurrentHashMap<>();
    private volatile long seenAway = System.nanoTime() - REST.toNanos();

    SqlLoader(Database database, int concurrency) {
        this.database = database;
        this.turns = new Semaphore(concurrency, true);
    }

    /**
     * The JSON for each set of values, in one statement.
     *
     * @throws LoadException when the database is away, overloaded, or refuses the statement
     */
    Batch load(View view, Source.Rows source, List<Map<String, String>> sets) {
        return run(view, connection -> {
            long start = System.nanoTime();
            var contents = query(view, source.sql()).json(connection, source.kind(), nullable(sets));
            return new Batch(contents, Duration.ofNanos(System.nanoTime() - start));
        });
    }

    /** What is asked of the database in one turn. */
    interface Call<T> {
        T on(Connection connection) throws SQLException;
    }

    /** @throws LoadException as {@link #load} */
    <T> T run(View view, Call<T> call) {
        takeTurn(view);
        try (var connection = database.connection()) {
            return call.on(connection);
        } catch (SQLException e) {
            var failure = Database.classify(e);
            if (failure == Failure.OUTAGE) {
                seenAway = System.nanoTime();
            }
            throw new LoadException(view.name(), failure, reason(e), e);
        } finally {
            turns.release();
        }
    }

    private Query query(View view, NamedSql sql) {
        return queries.computeIfAbsent(view.name(), name -> new Query(sql));
    }

    private void takeTurn(View view) {
        if (System.nanoTime() - seenAway < REST.toNanos()) {
            throw overloaded(view, "the database was away a moment ago");
        }
        try {
            if (!turns.tryAcquire(TURN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw overloaded(view, "too many loads wait for the database");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoadException(view.name(), Failure.TRANSIENT, "interrupted", e);
        }
    }

    private static LoadException overloaded(View view, String reason) {
        return new LoadException(view.name(), Failure.OUTAGE, reason, new TimeoutException(reason));
    }

    /** What the database says of data and constraints quotes values, which may be personal: logs name the state alone. */
    private static String reason(SQLException e) {
        var state = String.valueOf(e.getSQLState());
        return state.startsWith("22") || state.startsWith("23") ? "SQLSTATE " + state : String.valueOf(e.getMessage());
    }

    /** The same values for a callee that would take nulls. */
    @SuppressWarnings("unchecked")
    static Map<String, @Nullable String> nullable(Map<String, String> values) {
        return (Map<String, @Nullable String>) (Map<String, ?>) values;
    }

    /** The same sets for a callee that would take nulls. */
    @SuppressWarnings("unchecked")
    private static List<Map<String, @Nullable String>> nullable(List<Map<String, String>> sets) {
        return (List<Map<String, @Nullable String>>) (List<?>) sets;
    }
}
