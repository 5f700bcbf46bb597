package dev.freshet.benchmarks.queue;

import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * A client that empties a list and does nothing else: RPOP of 500, RPUSH of them to a list of its own, UNLINK of that,
 * several of these on their way at the same time.
 */
final class ListClient {
    private static final int BATCH = 500;
    private static final int AHEAD = 4;

    private final RedisAsyncCommands<String, byte[]> commands;
    private long claims;

    ListClient(RedisServer server) {
        this.commands = server.session().commands();
    }

    /** @return how many there were */
    long empty(String list) throws InterruptedException, ExecutionException {
        var popped = new ArrayDeque<RedisFuture<List<byte[]>>>();
        var ended = new ArrayDeque<RedisFuture<Long>>();
        for (int i = 0; i < AHEAD; i++) {
            popped.add(commands.rpop(list, BATCH));
        }
        long all = 0;
        while (!popped.isEmpty()) {
            var some = popped.remove().get();
            if (!some.isEmpty()) {
                var claim = "plain:claim:" + claims++;
                var unused = commands.rpush(claim, some.toArray(byte[][]::new));
                ended.add(commands.unlink(claim));
                popped.add(commands.rpop(list, BATCH));
                all += some.size();
            }
        }
        for (var end : ended) {
            end.get();
        }
        return all;
    }
}
