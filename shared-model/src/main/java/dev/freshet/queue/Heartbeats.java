package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static io.lettuce.core.ScriptOutputType.MULTI;

import dev.freshet.redis.ScriptRunner;
import dev.freshet.redis.Script;
import java.time.Duration;
import java.util.List;

/** Which workers live, as they say themselves. */
final class Heartbeats {
    private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(30);
    private static final Script BEAT = Script.load(Heartbeats.class, "beat.lua");
    private static final Script WORKERS = Script.load(Heartbeats.class, "workers.lua");

    private final ScriptRunner redis;
    private final String[] touched;

    Heartbeats(ScriptRunner redis, QueueKeys keys) {
        this.redis = redis;
        this.touched = new String[] {keys.workers, keys.workersAt};
    }

    void beat(WorkerBeat beat) {
        redis.await(redis.runTimed(
                BEAT, INTEGER, touched, argument(beat.name()), beat.encode(), argument(FORGOTTEN_AFTER.toMillis())));
    }

    void forget(String worker) {
        redis.await(redis.send(commands -> commands.zrem(touched[1], argument(worker))));
        redis.await(redis.send(commands -> commands.hdel(touched[0], worker)));
    }

    List<WorkerBeat> workers() {
        List<Object> beats = redis.await(redis.runTimed(WORKERS, MULTI, touched, argument(FORGOTTEN_AFTER.toMillis())));
        return beats.stream().map(beat -> WorkerBeat.decode((byte[]) beat)).toList();
    }
}
