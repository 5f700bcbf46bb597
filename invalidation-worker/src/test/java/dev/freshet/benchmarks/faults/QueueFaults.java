package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import dev.freshet.benchmarks.faults.Relay.Tripwire;
import dev.freshet.queue.JobQueue;
import dev.freshet.worker.frontend.Owed;
import java.time.Duration;
import java.util.List;

/** What befalls the queue's Redis. */
final class QueueFaults {
    private static final List<String> QUEUE = List.of("queue");

    private QueueFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("queue-kill", QUEUE, QueueFaults::kill),
                new Kind("queue-stop", QUEUE, QueueFaults::stop),
                new Kind("queue-client-kill", QUEUE, QueueFaults::killClients),
                new Kind("queue-script-flush", QUEUE, QueueFaults::flushScripts),
                new Kind("queue-out-of-memory", QUEUE, QueueFaults::fill),
                new Kind("queue-failover", QUEUE, QueueFaults::failOver),
                new Kind("queue-cut-answer", QUEUE, QueueFaults::cutAnswer));
    }

    private static String kill(Scene scene) throws InterruptedException {
        var redis = scene.stack().queue.process();
        redis.kill();
        scene.rest(200, 3_000);
        redis.restart();
        return "killed and restarted with its AOF";
    }

    private static String stop(Scene scene) throws InterruptedException {
        var redis = scene.stack().queue.process();
        redis.stop();
        try {
            Thread.sleep(5_000);
        } finally {
            redis.resume();
        }
        return "stood still for 5 s";
    }

    private static String killClients(Scene scene) {
        try (var redis = connect(scene)) {
            return redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") + " connections killed";
        }
    }

    private static String flushScripts(Scene scene) {
        try (var redis = connect(scene)) {
            redis.call("SCRIPT", "FLUSH");
            return "knows no script any more";
        }
    }

    private static String fill(Scene scene) throws InterruptedException {
        try (var redis = connect(scene)) {
            redis.call("CONFIG", "SET", "maxmemory", "1");
            try {
                scene.rest(1_500, 4_000);
            } finally {
                redis.call("CONFIG", "SET", "maxmemory", "0");
            }
            return "out of memory for a while";
        }
    }

    /** Between the two steps there are two masters, as in life; what only the old one took is lost with it. */
    private static String failOver(Scene scene) throws InterruptedException {
        var queue = scene.stack().queue;
        queue.awaitReplica();
        queue.promote();
        scene.rest(0, 300);
        queue.demote();
        scene.rest(500, 2_000);
        scene.stack().toQueue().forEach(relay -> relay.leadTo(queue.master()));
        return "its replica took over";
    }

    private static String cutAnswer(Scene scene) throws InterruptedException {
        var relay = scene.anyOf(scene.stack().toQueue());
        boolean isIngest = relay == scene.stack().ingestToQueue;
        var script = isIngest ? "enqueue.lua" : scene.anyOf(List.of("claim.lua", "settle.lua", "record.lua"));
        var sha = Scripts.sha(script.equals("record.lua") ? Owed.class : JobQueue.class, script);
        boolean isCut = relay.trips(Tripwire.atAnswerTo(sha, () -> {}), Duration.ofSeconds(15));
        return relay.name() + (isCut ? " cut before the answer to " : " saw no answer to ") + script;
    }

    private static RedisClient connect(Scene scene) {
        return RedisClient.connect(
                scene.stack().queue.master(), scene.stack().secrets.redis());
    }
}
