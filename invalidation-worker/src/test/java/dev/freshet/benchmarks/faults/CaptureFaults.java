package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import dev.freshet.benchmarks.faults.Relay.Tripwire;
import dev.freshet.queue.JobQueue;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** What befalls a worker while it moves captured changes into the queue; only then does one enqueue, but for the spill. */
final class CaptureFaults {
    private static final List<String> WORKERS = List.of("worker-1", "worker-2");
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

    /** Says of a fault that its moment did not come. */
    static final String MISSED = "did not come there";

    private CaptureFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("capture-kill-enqueued", WORKERS, scene -> {
                    return befall(scene, true, worker -> worker.jvm().kill(), "killed before its commit");
                }),
                new Kind("capture-cut", WORKERS, scene -> {
                    boolean isEnqueued = scene.random().nextBoolean();
                    return befall(
                            scene,
                            isEnqueued,
                            worker -> worker.database().breakConnections(),
                            "lost its connections "
                                    + (isEnqueued ? "once the queue had answered" : "before the queue knew"));
                }));
    }

    /** @param isEnqueued whether it happens when the queue has answered, or when it was not asked yet */
    private static String befall(Scene scene, boolean isEnqueued, Consumer<Stack.Worker> what, String words)
            throws InterruptedException {
        var worker = scene.worker();
        Wait.until(Jvm.START, worker.jvm()::isUp);
        var script = Scripts.sha(JobQueue.class, "enqueue.lua");
        Runnable then = () -> what.accept(worker);
        var wire = isEnqueued ? Tripwire.atAnswerTo(script, "accepted", then) : Tripwire.atRequest(script, then);
        if (worker.queue().trips(wire, LONGEST_WAIT)) {
            return scene.target() + " " + words;
        }
        what.accept(worker);
        return scene.target() + " " + MISSED + ", " + words;
    }
}
