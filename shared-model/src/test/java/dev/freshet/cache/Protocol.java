package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One way to keep cached values from going stale, in steps that are each one atomic act of Redis: ours, or another one
 * that looks right and is not. Proofs that find nothing wrong with ours must find what is wrong with the others.
 */
interface Protocol {
    /** The value a reader gets, or empty when it has to load it. */
    Optional<String> read(String key, List<Tag> tags);

    /** What a loader asks before it looks at the database; empty when somebody else loads. */
    Optional<Fill> begin(String key, List<Tag> tags, String token);

    /** @return whether the value is there for others */
    boolean fill(Fill fill, String content);

    void abandon(Fill fill);

    void invalidate(List<Tag> tags);

    void delete(String key);

    /** Whether a reader takes what a load in flight brings, whatever becomes of its fill. */
    default boolean sharesLoads() {
        return false;
    }

    /** The sets it keeps in Redis beside entries, leases and epochs. */
    default List<String> sets(List<Tag> tags) {
        return List.of();
    }

    default List<Optional<String>> readAll(List<String> keys, List<List<Tag>> tags) {
        var found = new ArrayList<Optional<String>>();
        for (int i = 0; i < keys.size(); i++) {
            found.add(read(keys.get(i), tags.get(i)));
        }
        return found;
    }

    /** A value, and whether it was there. */
    record Got(String content, boolean isHit) {}

    /** Reads, and loads where nothing is there and nobody else loads, or has for long. */
    default Got get(String key, List<Tag> tags, Supplier<String> loader) {
        for (int tries = 0; tries < 500; tries++) {
            var found = read(key, tags);
            if (found.isPresent()) {
                return new Got(found.get(), true);
            }
            var fill = begin(key, tags, Moves.newToken());
            if (fill.isPresent()) {
                var loaded = loader.get();
                fill(fill.get(), loaded);
                return new Got(loaded, false);
            }
            LockSupport.parkNanos(1_000_000);
        }
        return new Got(loader.get(), false);
    }

    /**
     * Loads again what was read lately and is not current.
     *
     * @return how many values it stored
     */
    default int rewarm(Tag tag, Function<String, List<Tag>> tags, Function<String, String> loader) {
        return 0;
    }
}
