package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An entry as it lies in Redis, which is not always what a reader would get.
 *
 * @param token names the fill that stored it; each load has another one
 * @param tags with what became of each since the load began, in the order of their names
 * @param isOfThisProcess whether it was loaded under the Redis process that was asked; after a restart it was not
 * @param isWithinTtl whether its time is not over; beyond it, it may only stand in
 * @param left until Redis forgets it, its grace included; zero when it never will
 * @param bytes in Redis, header included
 * @param idle since a reader last asked for it; empty where Redis does not note it (under an LFU policy)
 * @param frequency how often it is asked for, logarithmically, 0 to 255; empty unless the policy is an LFU one
 */
public record Seen(
        String key,
        String token,
        Entry entry,
        Map<Tag, Epoch> tags,
        boolean isOfThisProcess,
        boolean isWithinTtl,
        Duration left,
        int bytes,
        Optional<Duration> idle,
        OptionalInt frequency) {

    /** What became of a tag's epoch since a load began. */
    public enum Epoch {
        /** It is still the same. */
        CURRENT,
        /** The tag was invalidated, and something was loaded since. */
        MOVED,
        /** The tag was invalidated and nothing was loaded since, or Redis forgot it. */
        MISSING
    }

    /** Whether no invalidation and no restart of Redis came since its load began. */
    public boolean isCurrent() {
        return isOfThisProcess && tags.values().stream().allMatch(Epoch.CURRENT::equals);
    }

    /** Whether a reader would get it now. */
    public boolean isHit() {
        return isCurrent() && isWithinTtl;
    }
}
