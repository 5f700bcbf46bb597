package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.INTEGER;
import static io.lettuce.core.ScriptOutputType.MULTI;

import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Duration;
import java.util.List;

/** Which workers live. They say so in one place, however many partitions there are. */
final class Beats {
    private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(30);
    private static final Script BEAT = Script.load(Beats.class, "beat.lua");
    private static final Script WORKERS = Script.load(Beats.class, "workers.lua");

    private final ScriptRunner redis;
    private final String[] places;

    Beats(ScriptRunner redis, String prefix) {
        var keys = new QueueKeys(prefix, 0);
        this.redis = redis;
        this.places = new String[] {keys.workers, keys.workersAt};
    }

    void beat(WorkerBeat beat) {
        var forgottenAfter = argument(FORGOTTEN_AFTER.toMillis());
        redis.await(redis.<Long>runTimed(BEAT, INTEGER, places, argument(beat.name()), beat.encode(), forgottenAfter));
    }

    void forget(String worker) {
        redis.await(redis.send(places[1], commands -> commands.zrem(places[1], argument(worker))));
        redis.await(redis.send(places[0], commands -> commands.hdel(places[0], worker)));
    }

    List<WorkerBeat> workers() {
        List<Object> beats = redis.await(redis.runTimed(WORKERS, MULTI, places, argument(FORGOTTEN_AFTER.toMillis())));
        return beats.stream().map(beat -> WorkerBeat.decode((byte[]) beat)).toList();
    }
}
