package dev.freshet.redis;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** One call that goes to the process that holds a key, and after it where that one has moved, a few times. */
final class Errand<T> {
    private static final int MOST_MOVES = 6;
    private static final long FIRST_PAUSE_MS = 10;

    private final RedisServer server;
    private final String key;
    private final Function<RedisSession, CompletionStage<T>> call;
    private final long deadline;

    Errand(RedisServer server, String key, Function<RedisSession, CompletionStage<T>> call) {
        this.server = server;
        this.key = key;
        this.call = call;
        this.deadline = System.nanoTime() + server.timeout().toNanos();
    }

    CompletionStage<T> run() {
        return attempt(0);
    }

    private CompletionStage<T> attempt(int moves) {
        RedisSession session;
        CompletionStage<T> answer;
        try {
            session = server.session(key);
            answer = call.apply(session);
        } catch (RedisException e) {
            return CompletableFuture.failedStage(e);
        }
        return answer.exceptionallyCompose(error -> afterwards(session, error, moves));
    }

    private CompletionStage<T> afterwards(RedisSession session, Throwable error, int moves) {
        var refusal = Redirect.refusal(error);
        if (refusal != null && refusal.contains("READONLY")) {
            session.end(); // a master no more
        }
        var moved = Redirect.of(error, session.node().host()).filter(redirect -> !redirect.isAsk());
        if (moved.isEmpty() || moves == MOST_MOVES || System.nanoTime() - deadline > 0) {
            return CompletableFuture.failedStage(connectionLoss(error));
        }
        return server.moved(moved.get()).thenCompose(tried -> pause(moves)).thenCompose(paused -> attempt(moves + 1));
    }

    /** What is written to a connection at the very moment it breaks fails with the network's own exception. */
    private static Throwable connectionLoss(Throwable error) {
        var cause = cause(error);
        return cause instanceof IOException ? new RedisConnectionException("the connection broke", cause) : error;
    }

    /** What a stage failed with, without what it was wrapped in on its way through other stages. */
    static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    }

    /** None before the first time; then longer and longer, while the nodes tell each other. */
    private static CompletionStage<Void> pause(int moves) {
        if (moves == 0) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(
                () -> {},
                CompletableFuture.delayedExecutor(
                        FIRST_PAUSE_MS << moves, TimeUnit.MILLISECONDS, Thread::startVirtualThread));
    }
}
