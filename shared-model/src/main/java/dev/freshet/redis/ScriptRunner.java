package dev.freshet.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Sends scripts, and sends one again when the connection broke before its answer came. Nobody knows then whether it was
 * done, so every script must be harmless the second time. Where there is no connection to begin with, the call fails at
 * once.
 */
public class ScriptRunner {
    private static final Executor SHORTLY =
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS, Thread::startVirtualThread);

    private final RedisServer server;
    private volatile long clockOffsetMillis;

    public ScriptRunner(RedisServer server) {
        this.server = server;
    }

    /** Runs a script whose first argument is the clock offset; the arguments given here follow it. */
    public <T> CompletionStage<T> runTimed(Script script, ScriptOutputType output, String[] keys, byte[]... arguments) {
        return run(script, output, keys, timed(arguments));
    }

    /** The arguments of a script that reads the time: the clock offset, then those given here. */
    public byte[][] timed(byte[]... arguments) {
        var all = new byte[arguments.length + 1][];
        all[0] = clockOffset();
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }

    public <T> CompletionStage<T> run(Script script, ScriptOutputType output, String[] keys, byte[]... arguments) {
        return send(keys[0], commands -> script.run(commands, output, keys, arguments));
    }

    /**
     * Sends something that is harmless when done twice.
     *
     * @param key one of the keys it touches, which all share one hash tag
     */
    public <T> CompletionStage<T> send(
            String key, Function<RedisAsyncCommands<String, byte[]>, CompletionStage<T>> call) {
        return sendInSession(key, session -> call.apply(session.commands()));
    }

    /** As {@link #send}, for a call that also asks who answers; when it is repeated that may be another one. */
    public <T> CompletionStage<T> sendInSession(String key, Function<RedisSession, CompletionStage<T>> call) {
        if (!server.isConnected(key)) {
            return server.send(key, call);
        }
        long deadline = System.nanoTime() + server.timeout().toNanos();
        return server.send(key, call).exceptionallyCompose(error -> repeat(key, call, deadline, error));
    }

    /** Where the scripts run. */
    public RedisServer server() {
        return server;
    }

    /** As {@link RedisServer#await}. */
    public <T> T await(CompletionStage<T> answer) {
        return server.await(answer);
    }

    /** The first argument of a script that reads the time. */
    public byte[] clockOffset() {
        return Script.argument(clockOffsetMillis);
    }

    /** Moves the clock that the scripts see; for tests. */
    public void setClockOffset(Duration offset) {
        clockOffsetMillis = offset.toMillis();
    }

    private <T> CompletionStage<T> repeat(
            String key, Function<RedisSession, CompletionStage<T>> call, long deadline, Throwable error) {
        boolean late = System.nanoTime() - deadline > 0;
        if (late || !isConnectionLoss(error)) {
            return CompletableFuture.failedStage(error);
        }
        return CompletableFuture.supplyAsync(() -> server.isConnected(key), SHORTLY)
                .thenCompose(connected -> connected ? server.send(key, call) : CompletableFuture.failedStage(error))
                .exceptionallyCompose(again -> repeat(key, call, deadline, again));
    }

    private static boolean isConnectionLoss(Throwable error) {
        var cause = Errand.cause(error);
        return cause instanceof RedisException
                && !(cause instanceof RedisCommandExecutionException)
                && !(cause instanceof RedisCommandTimeoutException);
    }
}
