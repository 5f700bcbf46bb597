package dev.freshet.worker.run;

import dev.freshet.db.Channel;
import dev.freshet.worker.Backoff;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets captured changes be collected as soon as triggers notify of them. While its connection is broken it hears nothing, and
 * they are collected by the clock as ever.
 */
final class Listener implements AutoCloseable {
    /** In a burst something is written all the time; what is notified meanwhile is heard afterwards. */
    static final Duration REST = Duration.ofMillis(10);

    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));
    private static final Logger log = LoggerFactory.getLogger(Listener.class);

    private final Channel channel;
    private final Runnable collect;
    private final RandomGenerator random;
    private final Counter notifications;
    private final CountDownLatch closed = new CountDownLatch(1);
    private int failures;

    /** @param collect returns at once */
    Listener(Channel channel, Runnable collect, RandomGenerator random, MeterRegistry metrics) {
        this.channel = channel;
        this.collect = collect;
        this.random = random;
        this.notifications = Counter.builder("freshet_capture_notifications_total")
                .description("times that captured changes were collected since triggers notified of them")
                .register(metrics);
        Gauge.builder("freshet_capture_listening", () -> channel.isOpen() ? 1 : 0)
                .description("1 while notifications of captured changes are heard")
                .register(metrics);
    }

    /** Waits for notifications, for a while; without a connection opens one, since when nothing is missed. */
    void runOnce() {
        try {
            if (channel.isOpen()) {
                boolean notified = channel.await(SILENCE);
                failures = 0; // not sooner: also who lets everybody in may end each connection at once
                if (notified) {
                    notifications.increment();
                    collect.run();
                }
            } else if (!isClosedWithin(pause())) {
                channel.open();
                log.info("listening address={}", channel.address());
                collect.run();
            }
        } catch (SQLException e) {
            if (failures == 0 && !isClosedWithin(Duration.ZERO)) {
                log.warn("not listening address={} cause={}", channel.address(), e.getMessage());
            }
            failures++;
        }
    }

    private Duration pause() {
        return failures == 0 ? Duration.ZERO : BACKOFF.after(failures, random);
    }

    private boolean isClosedWithin(Duration time) {
        try {
            return closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Ends a wait. */
    @Override
    public void close() {
        closed.countDown();
        channel.close();
    }
}
