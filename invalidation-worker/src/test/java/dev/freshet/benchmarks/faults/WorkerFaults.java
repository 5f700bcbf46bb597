package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import dev.freshet.benchmarks.faults.Relay.Tripwire;
import dev.freshet.cache.TagCache;
import dev.freshet.queue.JobQueue;
import dev.freshet.worker.frontend.Owed;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** What befalls workers. Each step of a batch is where the relays see it pass. */
final class WorkerFaults {
    private static final List<String> WORKERS = List.of("worker-1", "worker-2");
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
    private static final String COMMIT = "COMMIT\0";

    private WorkerFaults() {}

    static List<Kind> all() {
        return List.of(
                kind("worker-kill", WorkerFaults::kill),
                kind(
                        "worker-kill-claimed",
                        scene -> killAt(
                                scene,
                                Stack.Worker::queue,
                                then -> Tripwire.atAnswerTo(
                                        Scripts.sha(JobQueue.class, "claim.lua"), ":enrollment.", then))),
                kind(
                        "worker-kill-committed",
                        scene -> killAt(scene, Stack.Worker::database, then -> Tripwire.atAnswer(COMMIT, then))),
                kind(
                        "worker-kill-invalidated",
                        scene -> killAt(
                                scene,
                                Stack.Worker::queue,
                                then -> Tripwire.atRequest(Scripts.sha(Owed.class, "record.lua"), then))),
                kind(
                        "worker-kill-called",
                        scene -> killAt(
                                scene,
                                Stack.Worker::queue,
                                then -> Tripwire.atRequest(Scripts.sha(Owed.class, "confirm.lua"), then))),
                kind(
                        "worker-kill-settling",
                        scene -> killAt(
                                scene,
                                Stack.Worker::queue,
                                then -> Tripwire.atRequest(Scripts.sha(JobQueue.class, "settle.lua"), then))),
                kind("worker-stop", WorkerFaults::stop),
                kind("worker-term", WorkerFaults::terminate),
                kind("worker-clock", WorkerFaults::shiftClock),
                new Kind("serve-stop", List.of("serve"), WorkerFaults::stopServe));
    }

    private static Kind kind(String name, Kind.Fault fault) {
        return new Kind(name, WORKERS, scene -> {
            Wait.until(Jvm.START, scene.worker().jvm()::isUp);
            return scene.target() + " " + fault.befall(scene);
        });
    }

    private static String kill(Scene scene) throws InterruptedException {
        scene.rest(0, 500);
        scene.worker().jvm().kill();
        return "killed";
    }

    private static String killAt(Scene scene, Function<Stack.Worker, Relay> way, Function<Runnable, Tripwire> wire)
            throws InterruptedException {
        var worker = scene.worker();
        var relay = way.apply(worker);
        if (relay.trips(wire.apply(worker.jvm()::kill), LONGEST_WAIT)) {
            return "killed there";
        }
        worker.jvm().kill();
        return "did not come there, killed";
    }

    /** Right after its commit, so that it holds a claim, which is lost when it goes on. */
    private static String stop(Scene scene) throws InterruptedException {
        var worker = scene.worker();
        int before = refusals(worker.jvm());
        var wire = Tripwire.atAnswer(COMMIT, worker.jvm()::stop).holding();
        boolean isInBatch = worker.database().trips(wire, LONGEST_WAIT);
        worker.jvm().stop();
        Thread.sleep(Stack.LEASE.plusMillis(2_500));
        worker.jvm().resume();
        boolean isRefused = Wait.reached(Duration.ofSeconds(5), () -> refusals(worker.jvm()) > before);
        return "stood still" + (isInBatch ? " in a batch" : "") + (isRefused ? ", its ack was refused" : "");
    }

    private static int refusals(Jvm jvm) {
        return jvm.said().split("lease lost", -1).length - 1;
    }

    private static String terminate(Scene scene) {
        var jvm = scene.worker().jvm();
        int starts = jvm.starts();
        long start = System.nanoTime();
        jvm.terminate();
        Wait.until(Jvm.START, () -> jvm.starts() > starts);
        return "drained in " + (System.nanoTime() - start) / 1_000_000 + " ms";
    }

    /** Its calls to front ends are refused meanwhile, as signed at another time. */
    private static String shiftClock(Scene scene) throws InterruptedException {
        var jvm = scene.worker().jvm();
        var off = Duration.ofHours(scene.random().nextBoolean() ? 1 : -1);
        jvm.become(jvm.withClock(off));
        jvm.startAgain();
        scene.rest(3_000, 5_000);
        jvm.asUsual();
        jvm.startAgain();
        return "worked with its clock off by " + off;
    }

    /** Between a load and its fill, while what it loaded changes. */
    private static String stopServe(Scene scene) throws InterruptedException {
        var serve = scene.stack().serve;
        Runnable then = () -> {
            serve.stop();
            hold();
        };
        var wire = Tripwire.atRequest(Scripts.sha(TagCache.class, "fill.lua"), then)
                .holding();
        boolean isInLoad = scene.stack().serveToCache.trips(wire, LONGEST_WAIT);
        serve.stop();
        scene.rest(2_000, 4_000);
        serve.resume();
        return "serve stood still" + (isInLoad ? " before it filled" : "");
    }

    /** What is on its way to the cache arrives when everything that was loaded has changed. */
    private static void hold() {
        try {
            Thread.sleep(3_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
