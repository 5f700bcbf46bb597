package dev.freshet.queue;

import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Waits until enough replicas have what was written over a connection. WAIT holds up its connection, so that one at a time
 * is under way, and the next one speaks for all who came meanwhile.
 */
final class Replicas {
    private final int needed;
    private final Duration timeout;
    private final String mark;
    private @Nullable Round underWay;
    private @Nullable Round next;

    /**
     * @param needed 0 asks nobody
     * @param mark a counter beside what is written
     */
    Replicas(int needed, Duration timeout, String mark) {
        this.needed = needed;
        this.timeout = timeout;
        this.mark = mark;
    }

    /**
     * Whether enough replicas have all that this master answered for before the call, also what somebody else wrote.
     *
     * @param commands those over which it answered, so that nobody else answers now
     */
    CompletionStage<Boolean> haveAll(RedisAsyncCommands<String, byte[]> commands) {
        return needed == 0 ? CompletableFuture.completedStage(true) : round(commands).outcome;
    }

    @SuppressWarnings("ReferenceEquality") // the same connection, not an equal one
    private synchronized Round round(RedisAsyncCommands<String, byte[]> commands) {
        var current = underWay;
        if (current != null && current.commands == commands) {
            var waiting = next == null ? new Round(commands) : next;
            next = waiting;
            return waiting;
        }
        if (next != null) { // of a session before this one
            next.begin();
            next = null;
        }
        var first = new Round(commands);
        underWay = first;
        first.begin();
        return first;
    }

    private synchronized void ended(Round round) {
        if (underWay == round) {
            underWay = next;
            next = null;
            if (underWay != null) {
                underWay.begin();
            }
        }
    }

    private final class Round {
        private final RedisAsyncCommands<String, byte[]> commands;
        private final CompletableFuture<Boolean> outcome = new CompletableFuture<>();

        Round(RedisAsyncCommands<String, byte[]> commands) {
            this.commands = commands;
        }

        /** WAIT counts from the connection's own last write: a duplicate wrote nothing, so something is written here. */
        void begin() {
            commands.incr(mark)
                    .thenCombine(
                            commands.waitForReplication(needed, timeout.toMillis()),
                            (marked, replicas) -> replicas >= needed)
                    .whenComplete((enough, error) -> {
                        ended(this);
                        if (error == null) {
                            outcome.complete(enough);
                        } else {
                            outcome.completeExceptionally(error);
                        }
                    });
        }
    }
}
