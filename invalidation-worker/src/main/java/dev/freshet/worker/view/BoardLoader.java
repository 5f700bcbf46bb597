package dev.freshet.worker.view;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.BoardRow;
import dev.freshet.cache.BoardSource;
import dev.freshet.cache.Boards;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.BoardQuery;
import dev.freshet.db.Failure;
import dev.freshet.worker.view.Loaders.Batch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Runs the SQL of boards, and brings what it gives to where the cache keeps rows. */
final class BoardLoader {
    private final SqlLoader sql;
    private final @Nullable Boards boards;
    private final Map<String, BoardQuery> queries = new ConcurrentHashMap<>();

    /** @param boards null where there is no cache: then no board is built */
    BoardLoader(SqlLoader sql, @Nullable Boards boards) {
        this.sql = sql;
        this.boards = boards;
    }

    /** What the cache is to store for each set of values, whose loads must have begun. */
    Batch build(View view, Source.Board source, List<Map<String, String>> sets) {
        var contents = new ArrayList<byte[]>();
        long start = System.nanoTime();
        for (var values : sets) {
            contents.add(boards().build(
                            view.key(values),
                            CachedViews.lifetime(view),
                            source.most(),
                            source(view, source, values, () -> {})));
        }
        return new Batch(contents, Duration.ofNanos(System.nanoTime() - start));
    }

    /** Frees what a build brought that was not stored. */
    void discard(View view, Map<String, String> values, byte[] content) {
        boards().discard(view.key(values), content);
    }

    /** @param mayLoad called before each statement; what it throws keeps it from being run */
    BoardSource source(View view, Source.Board source, Map<String, String> values, Runnable mayLoad) {
        return new BoardSource() {
            @Override
            public List<BoardRow> best(int count) {
                mayLoad.run();
                var rows = sql.run(
                        view, connection -> query(view, source).best(connection, SqlLoader.nullable(values), count));
                requireOnce(view, rows);
                return rows;
            }

            @Override
            public List<BoardRow> of(Collection<String> members) {
                mayLoad.run();
                var rows = sql.run(
                        view, connection -> query(view, source).of(connection, SqlLoader.nullable(values), members));
                requireOnce(view, rows);
                return rows;
            }
        };
    }

    /** Reads places past the cache. */
    BoardQuery.Places places(View view, Source.Board source, Map<String, String> values, BoardRange range) {
        return sql.run(view, connection -> query(view, source).places(connection, SqlLoader.nullable(values), range));
    }

    Boards boards() {
        if (boards == null) {
            throw new IllegalStateException("there is no cache to build a board in");
        }
        return boards;
    }

    private BoardQuery query(View view, Source.Board source) {
        return queries.computeIfAbsent(view.name(), name -> new BoardQuery(source));
    }

    private static void requireOnce(View view, List<BoardRow> rows) {
        var members = new HashSet<String>();
        if (!rows.stream().allMatch(row -> members.add(row.member()))) {
            throw new LoadException(
                    view.name(), Failure.PERMANENT, "its sql gives a member in two rows; group by the member", null);
        }
    }
}
