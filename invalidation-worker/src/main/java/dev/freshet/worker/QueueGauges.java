package dev.freshet.worker;

import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueStatus;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** How many jobs stand where, asked of Redis only when somebody reads the metrics; NaN while Redis is away. */
final class QueueGauges {
    private static final Map<String, ToDoubleFunction<QueueStatus>> PLACES = Map.of(
            "ready", QueueStatus::ready,
            "claimed", QueueStatus::claimed,
            "suspect", QueueStatus::suspect,
            "retry", QueueStatus::retry,
            "replay", QueueStatus::replay,
            "dead", QueueStatus::dead);

    private final JobQueue queue;
    private volatile @Nullable QueueStatus status;

    QueueGauges(JobQueue queue, MeterRegistry metrics) {
        this.queue = queue;
        PLACES.forEach((place, count) -> Gauge.builder("freshet_queue_depth", () -> read(count))
                .tag("place", place)
                .description("jobs in this place of the queue")
                .register(metrics));
        Gauge.builder("freshet_queue_bytes", () -> read(QueueStatus::bytes))
                .description("bytes of all jobs that are neither done nor dead")
                .baseUnit("bytes")
                .register(metrics);
        Gauge.builder("freshet_queue_seen", () -> read(QueueStatus::seen))
                .description("deliveries that would be known if they came again")
                .register(metrics);
        Gauge.builder("freshet_queue_missing", () -> read(QueueStatus::missing))
                .description("accepted jobs that are in no place, which should be none")
                .register(metrics);
        Gauge.builder("freshet_queue_oldest_seconds", () -> read(QueueGauges::oldestSeconds))
                .description("age of the next ready job")
                .register(metrics);
    }

    void refresh() {
        try {
            status = queue.status();
        } catch (RedisException e) {
            status = null;
        }
    }

    private double read(ToDoubleFunction<QueueStatus> value) {
        var known = status;
        return known == null ? Double.NaN : value.applyAsDouble(known);
    }

    private static double oldestSeconds(QueueStatus status) {
        return status.oldestAge().orElse(Duration.ZERO).toMillis() / 1_000.0;
    }
}
