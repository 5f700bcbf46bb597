package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.Range.Boundary;
import io.lettuce.core.ScoredValue;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the dead letters of a partition in the order of their burial, some at a time, whatever is taken away from
 * or added to them meanwhile: each that was there all the time is met once.
 */
final class DeadWalk {
    /** How many are met at once. */
    static final int PAGE = 200;

    private final ScriptRunner redis;
    private final String key;
    private final boolean latestFirst;
    private final Boundary<Double> last;

    private Boundary<Double> next;
    private @Nullable ScoredValue<byte[]> met;

    /**
     * @param earliest when the first one may have been buried, ms since 1970
     * @param latest when the last one
     */
    DeadWalk(ScriptRunner redis, QueueKeys keys, boolean latestFirst, double earliest, double latest) {
        this.redis = redis;
        this.key = keys.deadAt;
        this.latestFirst = latestFirst;
        this.next = Boundary.including(latestFirst ? latest : earliest);
        this.last = Boundary.including(latestFirst ? earliest : latest);
    }

    /** The next ids; empty when there are no more. */
    List<String> next() {
        for (int most = PAGE; ; most *= 2) { // many may have been buried in one millisecond
            var page = read(Limit.create(0, most));
            var unmet = page.stream().filter(this::isUnmet).toList();
            if (!unmet.isEmpty()) {
                met = unmet.getLast();
                next = Boundary.including(met.getScore());
            }
            if (!unmet.isEmpty() || page.size() < most) {
                return unmet.stream()
                        .map(id -> new String(id.getValue(), UTF_8))
                        .toList();
            }
        }
    }

    private List<ScoredValue<byte[]>> read(Limit limit) {
        return redis.await(redis.send(
                key,
                commands -> latestFirst
                        ? commands.zrevrangebyscoreWithScores(key, Range.from(last, next), limit)
                        : commands.zrangebyscoreWithScores(key, Range.from(next, last), limit)));
    }

    /** Redis orders those of one moment by their bytes. */
    private boolean isUnmet(ScoredValue<byte[]> id) {
        if (met == null || id.getScore() != met.getScore()) {
            return true;
        }
        int order = Arrays.compareUnsigned(id.getValue(), met.getValue());
        return latestFirst ? order < 0 : order > 0;
    }
}
