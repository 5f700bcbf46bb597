package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.queue.Overflow;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the dead letters small in Redis: their oldest bodies go to PostgreSQL when all of them take too much. */
final class Mover {
    private static final Logger log = LoggerFactory.getLogger(Mover.class);
    private static final Duration SWEEP = Duration.ofHours(1);

    private final Overflow overflow;
    private final Clock clock;
    private final Counter moved;
    private volatile long bytes;
    private Instant swept;

    Mover(Overflow overflow, Clock clock, MeterRegistry metrics) {
        this.overflow = overflow;
        this.clock = clock;
        this.swept = clock.instant(); // a fleet that starts has other things to do
        this.moved = Counter.builder("freshet_dead_bodies_moved_total")
                .description("dead letters whose bodies were moved to PostgreSQL")
                .register(metrics);
        Gauge.builder("freshet_dead_bytes", () -> bytes)
                .description("about how many bytes the bodies of dead letters take in Redis")
                .register(metrics);
    }

    void runOnce() {
        try {
            move();
        } catch (JdbiException e) {
            throw Database.classify(e) == Failure.OUTAGE ? new OutageException("postgresql", false, e) : e;
        }
    }

    private void move() {
        var report = overflow.move();
        bytes = report.bytes();
        moved.increment(report.moved());
        if (report.moved() > 0) {
            log.info("dead letter bodies moved letters={} left_bytes={}", report.moved(), report.bytes());
        }
        if (Duration.between(swept, clock.instant()).compareTo(SWEEP) > 0) {
            swept = clock.instant();
            int deleted = overflow.sweep();
            if (deleted > 0) {
                log.info("dead letter bodies cleared away bodies={}", deleted);
            }
        }
    }
}
