package dev.freshet.worker.view;

import dev.freshet.cache.Hot;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View;
import dev.freshet.catalog.Warm;
import dev.freshet.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Loads values before their readers come, so that those who read meanwhile do not notice: few at a time, one statement after
 * the other, then it rests as long as they took, and no faster than it is told.
 */
public final class Warming {
    /** Values between two rests. */
    private static final int CHUNK = 20;
    /** How often a value whose fill is refused is tried, since somebody changes it meanwhile. */
    private static final int TRIES = 3;

    /** Else what nobody has read would be loaded again after each change, as fast as it can be. */
    private static final Instant NOT_READ = Instant.EPOCH;

    private final CachedViews views;
    private final Database database;

    /** @param database where views' own SQL names what is worth loading */
    public Warming(CachedViews views, Database database) {
        this.views = views;
        this.database = database;
    }

    /**
     * The values that a view wants warm, in the order of its SQL.
     *
     * @param refused rows that name no value: nobody could ask the view for them
     */
    public record Named(List<Hot> values, int refused) {
        static final Named NOTHING = new Named(List.of(), 0);
    }

    /** @param left what was not stored: it is being loaded or changed by others, was refused, or the time was over */
    public record Done(int stored, int left) {}

    /** Asks the view's own SQL; nothing for a view that has none. */
    public Named named(View view) throws SQLException {
        return view.warm().isPresent() ? named(view, view.warm().get()) : Named.NOTHING;
    }

    private Named named(View view, Warm warm) throws SQLException {
        var values = new ArrayList<Hot>();
        int refused = 0;
        try (var connection = database.connection();
                var statement = connection.prepareStatement(warm.sql().positional())) {
            statement.setMaxRows(Warm.MOST);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    try {
                        values.add(CachedViews.hot(view, view.parse(row(rows)), NOT_READ));
                    } catch (ParameterException e) {
                        refused++;
                    }
                }
            }
        }
        return new Named(values, refused);
    }

    private static Map<String, String> row(ResultSet rows) throws SQLException {
        var row = new HashMap<String, String>();
        var columns = rows.getMetaData();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            var text = rows.getString(i);
            if (text != null) {
                row.put(columns.getColumnLabel(i), text);
            }
        }
        return row;
    }

    /**
     * Loads these, the first ones first.
     *
     * @param rate values a second at the most
     * @param mayGoOn asked before each of these steps; the rest is left to its readers once it says no
     * @param progress told how many are stored after each of them
     * @throws io.lettuce.core.RedisException when the cache is away
     */
    public Done run(Collection<Hot> wanted, int rate, BooleanSupplier mayGoOn, IntConsumer progress)
            throws InterruptedException {
        var tries = new HashMap<Hot, Integer>();
        var queue = new ArrayDeque<>(wanted);
        int stored = 0;
        while (!queue.isEmpty() && mayGoOn.getAsBoolean()) {
            var chunk = new ArrayList<Hot>();
            while (chunk.size() < Math.min(CHUNK, rate) && !queue.isEmpty()) {
                chunk.add(queue.poll());
            }
            long start = System.nanoTime();
            var result = views.warmOneByOne(chunk);
            var took = Duration.ofNanos(System.nanoTime() - start);
            stored += result.stored();
            result.refused().stream()
                    .filter(hot -> tries.merge(hot, 1, Integer::sum) < TRIES)
                    .forEach(queue::add);
            progress.accept(stored);
            var pace = Duration.ofSeconds(chunk.size()).dividedBy(rate).minus(took);
            if (!queue.isEmpty()) {
                Thread.sleep(pace.compareTo(took) > 0 ? pace : took);
            }
        }
        return new Done(stored, wanted.size() - stored);
    }
}
