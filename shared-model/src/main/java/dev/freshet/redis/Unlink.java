package dev.freshet.redis;

import io.lettuce.core.RedisException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Removes keys of one slot, and completes also while the slot is on its way between two masters. The old one still has
 * some of the keys and must be asked first: what it has not, has gone over or was never there, and does not come back.
 * The new one answers for such a key only to somebody who says that he was sent (ASKING), and for one key at a time.
 */
final class Unlink {
    private static final int MOST_TRIES = 4;

    private final RedisServer server;
    private final List<String> keys;

    Unlink(RedisServer server, List<String> keys) {
        this.server = server;
        this.keys = keys;
    }

    CompletionStage<Long> run() {
        var all = keys.toArray(String[]::new);
        return server.send(all[0], session -> session.commands().unlink(all))
                .exceptionallyCompose(
                        error -> Redirect.isBetween(error) ? oneByOne() : CompletableFuture.failedStage(error));
    }

    private CompletionStage<Long> oneByOne() {
        CompletionStage<Long> sum = CompletableFuture.completedFuture(0L);
        for (var key : keys) {
            sum = sum.thenCombine(one(key, 1), Long::sum);
        }
        return sum;
    }

    private CompletionStage<Long> one(String key, int attempt) {
        return server.send(
                        key,
                        session -> session.commands()
                                .unlink(key)
                                .exceptionallyCompose(error -> Redirect.of(
                                                error, session.node().host())
                                        .filter(Redirect::isAsk)
                                        .map(ask -> asked(key, ask.node()))
                                        .orElseGet(() -> CompletableFuture.failedStage(error))))
                .exceptionallyCompose(error -> attempt < MOST_TRIES && Redirect.isBetween(error)
                        ? one(key, attempt + 1)
                        : CompletableFuture.failedStage(error));
    }

    /** Over a connection of its own, since ASKING holds for whatever command comes next. */
    private CompletionStage<Long> asked(String key, Node node) {
        return CompletableFuture.supplyAsync(
                () -> {
                    RedisSession session;
                    try {
                        session = server.connector().open(server.uri(node));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new RedisException("interrupted while removing " + key, e);
                    }
                    try {
                        server.await(session.commands().asking());
                        return server.await(session.commands().unlink(key));
                    } finally {
                        session.close();
                    }
                },
                Thread::startVirtualThread);
    }
}
