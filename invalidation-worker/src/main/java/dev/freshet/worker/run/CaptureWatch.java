package dev.freshet.worker.run;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.CaptureTriggers.State;
import dev.freshet.capture.Outbox;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Looks whether captured changes wait for long, and, less often, whether they are captured at all; NaN while nobody knows. */
final class CaptureWatch {
    private static final Duration TRIGGERS = Duration.ofMinutes(1);

    private final Outbox outbox;
    private final CaptureTriggers triggers;
    private final Clock clock;
    private volatile double rows = Double.NaN;
    private volatile double oldestSeconds = Double.NaN;
    private volatile double missing = Double.NaN;
    private Instant lookedAt = Instant.MIN;

    CaptureWatch(Outbox outbox, CaptureTriggers triggers, Clock clock, MeterRegistry metrics) {
        this.outbox = outbox;
        this.triggers = triggers;
        this.clock = clock;
        Gauge.builder("freshet_outbox_rows", () -> rows)
                .description("captured changes that are not in the queue yet")
                .register(metrics);
        Gauge.builder("freshet_outbox_oldest_seconds", () -> oldestSeconds)
                .description("age of the oldest of them")
                .register(metrics);
        Gauge.builder("freshet_capture_missing", () -> missing)
                .description("tables whose triggers are not what the catalog says")
                .register(metrics);
    }

    /** @throws OutageException when PostgreSQL is away */
    void runOnce() {
        try {
            var depths = outbox.depths().values();
            rows = depths.stream().mapToLong(Outbox.Depth::rows).sum();
            oldestSeconds = depths.stream()
                            .mapToLong(depth -> depth.oldest().toMillis())
                            .max()
                            .orElse(0)
                    / 1_000.0;
            var now = clock.instant();
            if (lookedAt.isBefore(now.minus(TRIGGERS))) {
                missing = triggers.show().stream()
                        .filter(one -> one.state() != State.CURRENT)
                        .count();
                lookedAt = now;
            }
        } catch (SQLException e) {
            rows = Double.NaN;
            oldestSeconds = Double.NaN;
            missing = Double.NaN;
            lookedAt = Instant.MIN;
            if (Database.classify(e) == Failure.OUTAGE) {
                throw new OutageException("postgresql", false, e);
            }
            throw new IllegalStateException("cannot look after captured changes: " + e.getMessage(), e);
        }
    }
}
