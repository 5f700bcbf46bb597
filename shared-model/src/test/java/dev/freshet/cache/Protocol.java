package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.util.List;
import java.util.Optional;

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
}
