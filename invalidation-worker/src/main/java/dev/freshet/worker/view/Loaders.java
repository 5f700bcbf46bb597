package dev.freshet.worker.view;

import dev.freshet.cache.Boards;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes views' values, each view's by where they come from. */
final class Loaders {
    private final SqlLoader sql;
    private final FunctionLoader functions;
    private final BoardLoader boards;

    /** @param concurrency how many statements run at a time, and how many functions */
    Loaders(Database database, int concurrency) {
        this(new SqlLoader(database, concurrency), new FunctionLoader(Functions.found(), concurrency));
    }

    /** Without a cache, in which boards could be built. */
    Loaders(SqlLoader sql, FunctionLoader functions) {
        this(sql, functions, null);
    }

    /** @param boards of the cache that values are loaded for; null when there is none */
    private Loaders(SqlLoader sql, FunctionLoader functions, @Nullable Boards boards) {
        this.sql = sql;
        this.functions = functions;
        this.boards = new BoardLoader(sql, boards);
    }

    /** The same, for a cache. */
    Loaders into(Boards boards) {
        return new Loaders(sql, functions, boards);
    }

    BoardLoader boards() {
        return boards;
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
            case Source.Board board -> boards.build(view, board, sets);
            case Source.Function function -> functions.load(view, function, sets);
        };
    }

    /** Frees what was loaded for a value and is stored nowhere. */
    void discard(View view, Map<String, String> values, byte[] content) {
        if (view.source() instanceof Source.Board) {
            boards.discard(view, values, content);
        }
    }

    /** Whether many values cost less together than one by one. */
    static boolean isShared(View view) {
        return switch (view.source()) {
            case Source.Rows rows -> true;
            case Source.Board board -> false;
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
