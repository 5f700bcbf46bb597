package dev.freshet.benchmarks.faults;

import dev.freshet.ingest.Ingest;
import dev.freshet.settings.Settings;
import dev.freshet.worker.WorkerProcess;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Starts one of Freshet's processes as on a host whose clock is wrong: {@code work PT1H}, {@code ingest -PT1H}. */
final class WrongClock {
    private WrongClock() {}

    public static void main(String[] words) throws InterruptedException {
        var clock = Clock.offset(Clock.systemUTC(), Duration.parse(words[1]));
        var settings = new Settings(System.getenv());
        AutoCloseable process =
                words[0].equals("work") ? WorkerProcess.start(settings, clock) : Ingest.start(settings, clock);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                process.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }));
        new CountDownLatch(1).await();
    }
}
