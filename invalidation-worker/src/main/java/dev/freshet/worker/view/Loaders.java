package dev.freshet.worker.view;

import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Makes views' values, each view's by where they come from. */
final class Loaders {
    private final SqlLoader sql;
    private final FunctionLoader functions;

    /** @param concurrency how many statements run at a time, and how many functions */
    Loaders(Database database, int concurrency) {
        this(new SqlLoader(database, concurrency), new FunctionLoader(Functions.found(), concurrency));
    }

    Loaders(SqlLoader sql, FunctionLoader functions) {
        this.sql = sql;
        this.functions = functions;
    }

    /** The JSON for one set of values. */
    byte[] load(View view, Map<String, String> values) {
        return load(view, List.of(values)).contents().getFirst();
    }

    /**
     * The JSON for each set of values, in one statement where they come from one.
     *
     * @throws LoadException when it cannot be made: all of it
     */
    Batch load(View view, List<Map<String, String>> sets) {
        return switch (view.source()) {
            case Source.Rows rows -> sql.load(view, rows, sets);
            case Source.Function function -> functions.load(view, function, sets);
        };
    }

    /** Whether many values cost less together than one by one. */
    static boolean isShared(View view) {
        return switch (view.source()) {
            case Source.Rows rows -> true;
            case Source.Function function -> false;
        };
    }

    /**
     * What one statement or function brought.
     *
     * @param took without the wait for a turn and for a connection
     */
    record Batch(List<byte[]> contents, Duration took) {}
}
