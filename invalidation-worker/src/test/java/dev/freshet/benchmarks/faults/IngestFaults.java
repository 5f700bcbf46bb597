package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import dev.freshet.benchmarks.faults.Relay.Tripwire;
import dev.freshet.queue.JobQueue;
import java.io.File;
import java.time.Duration;
import java.util.List;

/** What befalls the process that takes deliveries. */
final class IngestFaults {
    private static final List<String> INGEST = List.of("ingest");
    private static final File FULL = new File("/dev/full");

    private IngestFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("ingest-kill", INGEST, IngestFaults::kill),
                new Kind("ingest-log-full", INGEST, IngestFaults::fillDisk),
                new Kind("ingest-clock", INGEST, IngestFaults::shiftClock));
    }

    /** The queue has the delivery, and whoever sent it will never hear of it. */
    private static String kill(Scene scene) throws InterruptedException {
        var ingest = scene.stack().ingest;
        var wire = Tripwire.atAnswerTo(Scripts.sha(JobQueue.class, "enqueue.lua"), ingest::kill);
        boolean isBetween = scene.stack().ingestToQueue.trips(wire, Duration.ofSeconds(15));
        ingest.kill();
        Wait.until(Jvm.START, ingest::isUp);
        return isBetween ? "killed between enqueue and answer, and started" : "killed and started";
    }

    /** It writes its log to a disk that is full, and takes deliveries all the same. */
    private static String fillDisk(Scene scene) throws InterruptedException {
        var ingest = scene.stack().ingest;
        ingest.become(ingest.usual(), FULL.exists() ? FULL : ingest.log().toFile());
        ingest.startAgain();
        long before = accepted(scene);
        scene.rest(3_000, 5_000);
        long after = accepted(scene);
        ingest.asUsual();
        ingest.startAgain();
        return "took " + (after - before) + " deliveries with a full disk for its log";
    }

    /** What the application signs is refused meanwhile, as signed at another time; it sends again. */
    private static String shiftClock(Scene scene) throws InterruptedException {
        var ingest = scene.stack().ingest;
        var off = Duration.ofHours(scene.random().nextBoolean() ? 1 : -1);
        ingest.become(ingest.withClock(off));
        ingest.startAgain();
        long before = accepted(scene);
        scene.rest(3_000, 5_000);
        long after = accepted(scene);
        ingest.asUsual();
        ingest.startAgain();
        return "took " + (after - before) + " deliveries with its clock off by " + off;
    }

    private static long accepted(Scene scene) {
        return scene.ledger().all().stream().filter(Delivery::isAccepted).count();
    }
}
