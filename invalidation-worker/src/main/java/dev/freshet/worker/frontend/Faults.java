package dev.freshet.worker.frontend;

import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a person must mend at the front ends, for health, which must answer at once: Redis is asked in the background, at
 * most once in some seconds, and the answer is that of the time before.
 */
public final class Faults {
    private static final Duration KEPT = Duration.ofSeconds(5);

    /** A deploy takes less; an instance that has not confirmed for so long may need somebody. */
    private static final Duration LONG = Duration.ofMinutes(2);

    private final Owed owed;
    private final Caller caller;
    private volatile List<String> atInstances = List.of();
    private long askedAtNanos = System.nanoTime() - KEPT.toNanos();

    public Faults(Owed owed, Caller caller) {
        this.owed = owed;
        this.caller = caller;
    }

    /** A sentence for each; of the instances those known last, also while Redis is away. */
    public synchronized List<String> now() {
        if (System.nanoTime() - askedAtNanos >= KEPT.toNanos()) {
            askedAtNanos = System.nanoTime();
            Thread.startVirtualThread(this::ask);
        }
        return Stream.concat(notFound(), atInstances.stream()).toList();
    }

    private void ask() {
        try {
            atInstances = atInstances().toList();
        } catch (RedisException e) {
            // the worker's health says itself that Redis is away
        }
    }

    private Stream<String> notFound() {
        return caller.troubles().entrySet().stream()
                .map(trouble -> trouble.getKey() + ": " + trouble.getValue())
                .sorted();
    }

    private Stream<String> atInstances() {
        return owed.status().stream()
                .filter(status -> !status.hasLeft())
                .flatMap(status -> Stream.concat(refusal(status), status.unproven().stream())
                        .map(fault -> status.frontEnd() + " " + status.instance() + ": " + fault));
    }

    private static Stream<String> refusal(FrontEndStatus status) {
        boolean isAwayForLong = status.isOpen() && status.oldestDueAge().compareTo(LONG) >= 0;
        return status.misconfigured() || isAwayForLong
                ? Stream.of(status.lastError().orElse("refuses"))
                : Stream.empty();
    }
}
