package dev.freshet.benchmarks.faults;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A program that changes notes by SQL alone and tells nobody. What was committed is what must be there, and shown; of what
 * nobody knows whether it was committed, either.
 */
final class Writer implements AutoCloseable {
    static final int NOTES = 300;
    static final int SHELVES = 30;

    private static final Duration REST = Duration.ofMillis(250);

    /** A note that is there. */
    record Note(int shelf, long version) {}

    /** What a note may be; null where it may be gone. */
    private final Map<Integer, Set<@Nullable Note>> possible = new TreeMap<>();

    private final Stack stack;
    private final SplittableRandom random;
    private final Duration interval;
    private final Thread thread;
    private @Nullable Connection connection;
    private volatile boolean stopped;
    private final LongAdder committed = new LongAdder();
    private final LongAdder unknown = new LongAdder();

    Writer(Stack stack, int perSecond, long seed) {
        this.stack = stack;
        this.random = new SplittableRandom(seed);
        this.interval = Duration.ofSeconds(1).dividedBy(perSecond);
        this.thread = Thread.ofPlatform().daemon().name("writer").start(this::run);
    }

    /** Statements that were committed. */
    long committed() {
        return committed.sum();
    }

    /** Statements of which nobody knows. */
    long unknown() {
        return unknown.sum();
    }

    /** Writes nothing more; what is under way ends. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }

    /** What of this note is as no statement can have left it; nothing when all is well. */
    String wrong(int id, @Nullable Note note) {
        var may = possible.get(id);
        boolean matches = may == null ? note == null : may.contains(note);
        return matches ? "" : "note %d is %s, must be one of %s".formatted(id, note, may);
    }

    @Override
    public void close() throws InterruptedException {
        stop();
        disconnect();
    }

    private void run() {
        long number = 0;
        long next = System.nanoTime();
        while (!stopped) {
            try {
                Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
                next = Math.max(next + interval.toNanos(), System.nanoTime() - REST.toNanos());
                write(++number);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void write(long number) throws InterruptedException {
        int id = random.nextInt(NOTES);
        int shelf = random.nextInt(SHELVES);
        int draw = random.nextInt(100);
        if (draw < 80) {
            execute(
                    id,
                    id,
                    "insert into notes values (%d, %d, %d) on conflict (id) do update set shelf = excluded.shelf,"
                                    .formatted(id, shelf, number)
                            + " version = excluded.version",
                    note -> new Note(shelf, number));
        } else if (draw < 90) {
            execute(id, id, "delete from notes where id = " + id, note -> null);
        } else {
            execute(
                    id,
                    id + 40,
                    "update notes set version = %d where id between %d and %d".formatted(number, id, id + 40),
                    note -> note == null ? null : new Note(note.shelf, number));
        }
    }

    private void execute(int from, int to, String sql, UnaryOperator<@Nullable Note> effect)
            throws InterruptedException {
        boolean isSent = false;
        try {
            var open = connection;
            if (open == null) {
                open = stack.connectToDatabase();
                connection = open;
            }
            try (var statement = open.createStatement()) {
                isSent = true;
                statement.execute(sql);
            }
            committed.increment();
            become(from, to, effect, false);
        } catch (SQLException e) {
            if (isSent) {
                unknown.increment();
                become(from, to, effect, true);
            }
            disconnect();
            Thread.sleep(REST);
        }
    }

    private void become(int from, int to, UnaryOperator<@Nullable Note> effect, boolean orNot) {
        for (int id = from; id <= to && id < NOTES; id++) {
            var before = possible.getOrDefault(id, none());
            var after = before.stream().map(effect).collect(Collectors.toCollection(LinkedHashSet::new));
            if (orNot) {
                after.addAll(before);
            }
            possible.put(id, after);
        }
    }

    private static Set<@Nullable Note> none() {
        var none = new LinkedHashSet<@Nullable Note>();
        none.add(null);
        return none;
    }

    private void disconnect() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            // it is gone, which is what was wanted
        }
        connection = null;
    }
}
