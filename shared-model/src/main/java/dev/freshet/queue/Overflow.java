package dev.freshet.queue;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.ScriptRunner;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Moves the bodies of the oldest dead letters out of Redis when they take too much there. A body is written down first,
 * and then a stub takes the letter's place if that has not changed: whenever this is broken off, and whoever replays or
 * discards meanwhile, every letter has its body in at least one place.
 */
public final class Overflow {
    /** Smaller bodies would save nothing. */
    static final int SMALLEST = 256;

    /** How many letters are looked at to tell what all of them take. */
    private static final int SAMPLE = 500;

    private static final int CHUNK = 500;

    /** Far less than a body that nobody needs is kept: none is cleared away while a stub for it may still come. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Partitions partitions;
    private final BodyStore store;
    private final long mostBytes;
    /** How far each partition was walked through; what lies before has no body here, mostly. */
    private final Map<Integer, DeadWalk> walks = new HashMap<>();

    /** @param mostBytes of each partition */
    public Overflow(RedisServer server, QueueOptions options, BodyStore store, long mostBytes) {
        this(new ScriptRunner(server), options, store, mostBytes);
    }

    Overflow(ScriptRunner redis, QueueOptions options, BodyStore store, long mostBytes) {
        this.partitions = new Partitions(redis, options);
        this.store = store;
        this.mostBytes = mostBytes;
    }

    /**
     * @param bytes about, of the bodies that are in Redis now
     * @param moved how many letters gave up theirs
     */
    public record Report(long bytes, int moved) {}

    /** Moves until what is left in each partition is within its bound, give or take a few letters. */
    public Report move() {
        long bytes = 0;
        int moved = 0;
        for (var partition : partitions.all()) {
            var letters = partition.letters();
            var weight = letters.weigh(SAMPLE, SMALLEST);
            while (weight.bytes() > mostBytes) {
                var walk = walks.computeIfAbsent(partition.number(), number -> letters.walk());
                var ids = walk.next();
                if (ids.isEmpty()) { // what is too much was passed by: begin anew next time
                    walks.remove(partition.number());
                    break;
                }
                moved += move(letters, ids, weight.now() + PATIENCE.toMillis());
                weight = letters.weigh(SAMPLE, SMALLEST);
            }
            bytes += weight.bytes();
        }
        return new Report(bytes, moved);
    }

    private int move(Letters letters, List<String> ids, long until) {
        int moved = 0;
        for (var some : letters.withBodies(ids, SMALLEST)) {
            var jobs = letters.jobs(some);
            if (!jobs.isEmpty()) {
                store.keep(jobs.stream().collect(Collectors.toMap(Head::key, Job::body)));
                moved += letters.stub(jobs, until);
            }
        }
        return moved;
    }

    /**
     * Clears away what no letter needs any more. What a stub needs is told from Redis each time.
     *
     * @return how many bodies were deleted
     */
    public int sweep() {
        int deleted = 0;
        for (var keys = store.keys(Optional.empty(), CHUNK);
                !keys.isEmpty();
                keys = store.keys(Optional.of(keys.getLast()), CHUNK)) {
            var needed = needed(keys);
            var unneeded = keys.stream().filter(key -> !needed.contains(key)).toList();
            deleted += store.sweep(needed, unneeded);
        }
        return deleted;
    }

    private Set<BodyStore.Key> needed(List<BodyStore.Key> keys) {
        var ids = keys.stream().map(BodyStore.Key::id).distinct().toList();
        var needed = new HashSet<BodyStore.Key>();
        Partitions.group(partitions.all(), ids, Function.identity())
                .forEach((partition, own) -> partition.letters().heads(own).stream()
                        .flatMap(head -> head.moved().stream())
                        .forEach(needed::add));
        needed.retainAll(Set.copyOf(keys));
        return needed;
    }
}
