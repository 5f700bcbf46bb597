package dev.freshet.queue;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.LMoveArgs;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for work in all partitions at once. Each has a connection of its own, which a blocking move of nothing holds; the
 * first that wakes ends the wait, and the others listen on for the next one. Where the server refuses to block, it is
 * asked again and again instead. For one thread at a time; any other may tell it of a partition.
 */
final class Waiting {
    /** What a blocking move leaves of its connection's deadline for the way there and back. */
    private static final Duration MARGIN = Duration.ofMillis(500);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LAST_PAUSE = Duration.ofMillis(250);
    /** Managed servers and users of few rights word it differently. */
    private static final List<String> REFUSALS =
            List.of("unknown command", "not support", "not allowed", "disabled", "NOPERM");

    /** A full server, and one that cannot save, take no writes for now, and so no blocking move. */
    private static final List<String> FOR_NOW = List.of("OOM", "MISCONF");

    private static final Executor CONNECTING =
            task -> Thread.ofVirtual().name("queue-wait").start(task);
    private static final Logger log = LoggerFactory.getLogger(Waiting.class);

    private final ScriptRunner redis;
    private final RedisServer server;
    private List<Ear> ears = List.of();
    private boolean polling;
    /** What whoever waits is told from outside. */
    private volatile CompletableFuture<Partition> told = new CompletableFuture<>();

    Waiting(ScriptRunner redis) {
        this.redis = redis;
        this.server = redis.server();
    }

    /** Ends the wait under way: a claim would find something in this partition. Nobody waits: nothing happens. */
    void tell(Partition partition) {
        told.complete(partition);
    }

    /**
     * @return a partition in which a claim would find something; empty when the time went by
     * @throws RedisException when no partition can be listened to
     */
    Optional<Partition> await(List<Partition> partitions, Duration timeout) {
        if (ears.isEmpty()) {
            ears = partitions.stream().map(Ear::new).toList();
        }
        ears.forEach(Ear::forgetFailure);
        var heard = new CompletableFuture<Partition>();
        told = heard;
        long deadline = System.nanoTime() + timeout.toNanos();
        var listening = new ArrayList<>(ears);
        while (!polling) {
            var waits = new ArrayList<CompletableFuture<?>>(List.of(heard));
            listening.forEach(ear -> waits.add(ear.listen(timeout)));
            if (!anyEnds(waits, deadline - System.nanoTime())) {
                return Optional.empty();
            }
            if (heard.isDone()) {
                return Optional.of(heard.join());
            }
            for (var ear : List.copyOf(listening)) {
                try {
                    if (ear.woke()) {
                        return Optional.of(ear.partition);
                    }
                } catch (RedisException e) {
                    listening.remove(ear);
                    boolean isForNow = isRefusal(e, FOR_NOW);
                    polling = !isForNow && isRefusal(e, REFUSALS);
                    if (polling) {
                        log.warn("redis refuses to block cause={} effect=asked every 20 to 250 ms", e.getMessage());
                        ears.forEach(Ear::close);
                        break;
                    }
                    if (listening.isEmpty() && isForNow) { // what stands there is still to be done, and makes room
                        return poll(partitions, deadline);
                    }
                    if (listening.isEmpty()) {
                        throw e;
                    }
                }
            }
        }
        return poll(partitions, deadline);
    }

    /** Whether one ended its wait, well or not, before the time went by. */
    private static boolean anyEnds(List<? extends CompletableFuture<?>> waits, long nanos) {
        try {
            CompletableFuture.anyOf(waits.toArray(CompletableFuture[]::new))
                    .get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            return true; // the ear tells
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private Optional<Partition> poll(List<Partition> partitions, long deadline) {
        var pause = FIRST_PAUSE;
        while (true) {
            var found = Partitions.withWork(redis, partitions).stream().findFirst();
            long left = deadline - System.nanoTime();
            if (found.isPresent() || left <= 0) {
                return found;
            }
            long nanos = ThreadLocalRandom.current().nextLong(pause.toNanos() / 2, pause.toNanos() + 1);
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(nanos, left));
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
            var longer = pause.multipliedBy(3).dividedBy(2);
            pause = longer.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : longer;
        }
    }

    private static RedisException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new RedisException("interrupted while waiting for work", e);
    }

    private static boolean isRefusal(RedisException error, List<String> wordings) {
        var message = String.valueOf(error.getMessage());
        return error instanceof RedisCommandExecutionException
                && wordings.stream().anyMatch(message::contains);
    }

    /** Listens to one partition. Its session ends with the server's. */
    private final class Ear {
        private final Partition partition;
        private volatile @Nullable RedisSession session;
        private @Nullable CompletableFuture<Boolean> pending;

        Ear(Partition partition) {
            this.partition = partition;
        }

        /** What a wait failed with after the last call had ended says nothing of this one. */
        void forgetFailure() {
            var wait = pending;
            if (wait != null && wait.isCompletedExceptionally()) {
                close();
                pending = null;
            }
        }

        /** Begins a wait unless one is under way. */
        CompletableFuture<Boolean> listen(Duration timeout) {
            var wait = pending;
            if (wait == null) {
                wait = begin(timeout);
                pending = wait;
            }
            return wait;
        }

        private CompletableFuture<Boolean> begin(Duration timeout) {
            var longest = server.timeout().minus(MARGIN);
            var wait = timeout.compareTo(longest) < 0 ? timeout : longest;
            double seconds = Math.max(wait.toMillis(), 10) / 1_000.0; // zero would wait for ever
            var key = partition.keys().ready;
            return connected(key)
                    .thenCompose(open -> open.commands().blmove(key, key, LMoveArgs.Builder.rightRight(), seconds))
                    .thenApply(Objects::nonNull);
        }

        /**
         * Whether the wait ended with a job; false when it ended without, or goes on.
         *
         * @throws RedisException what it failed with
         */
        boolean woke() {
            var wait = pending;
            if (wait == null || !wait.isDone()) {
                return false;
            }
            pending = null;
            try {
                return redis.await(wait);
            } catch (RedisException e) {
                close(); // a connection in doubt; the next wait makes another one, perhaps to another process
                throw e;
            }
        }

        /** At once, or when the wait under way is over. */
        void close() {
            var wait = pending == null ? CompletableFuture.completedFuture(false) : pending;
            var unused = wait.whenComplete((woken, error) -> {
                var open = session;
                if (open != null) {
                    open.close();
                }
            });
        }

        private CompletableFuture<RedisSession> connected(String key) {
            var open = session;
            return open != null && open.isOpen()
                    ? CompletableFuture.completedFuture(open)
                    : CompletableFuture.supplyAsync(() -> session = server.openFor(key), CONNECTING);
        }
    }
}
