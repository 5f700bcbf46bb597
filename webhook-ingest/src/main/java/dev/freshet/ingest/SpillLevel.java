package dev.freshet.ingest;

import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.Spill;
import dev.freshet.db.Spill.Depth;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How full the spill is, and whether it can be used at all. Looks every second while something is or comes in there, and
 * now and then otherwise, so that whoever reads the health knows before the spill is needed.
 */
final class SpillLevel implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SpillLevel.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration SELDOM = Duration.ofSeconds(15);
    /** Looking takes a tenth of the time at the most. */
    private static final int REST = 10;

    private final Spill spill;
    private final long maxDeliveries;
    private final long maxBytes;
    private final AtomicLong deliveries = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile Depth seen = new Depth(0, 0);
    private volatile String trouble = "";

    SpillLevel(Spill spill, long maxDeliveries, long maxBytes) {
        this.spill = spill;
        this.maxDeliveries = maxDeliveries;
        this.maxBytes = maxBytes;
    }

    void start() {
        Thread.ofVirtual().name("spill-level").start(this::run);
    }

    /** What waited there when somebody last looked, with what this process has added since. */
    Depth depth() {
        return new Depth(seen.deliveries() + deliveries.get(), seen.bytes() + bytes.get());
    }

    long maxDeliveries() {
        return maxDeliveries;
    }

    boolean isFull() {
        var depth = depth();
        return depth.deliveries() >= maxDeliveries || depth.bytes() >= maxBytes;
    }

    /** Why it cannot be used, without an address; empty when it can. */
    Optional<String> trouble() {
        return Optional.of(trouble).filter(text -> !text.isEmpty());
    }

    /** Something was stored. */
    void added(long rows, long size) {
        deliveries.addAndGet(rows);
        bytes.addAndGet(size);
        usable();
    }

    /** The spill could not be used. */
    void failed(Exception error) {
        var reason = reason(error);
        if (!trouble.equals(reason)) {
            trouble = reason;
            log.warn("spill away cause={}", rootMessage(error));
        }
    }

    void runOnce() {
        long addedDeliveries = deliveries.get();
        long addedBytes = bytes.get();
        try {
            seen = spill.depth();
            deliveries.addAndGet(-addedDeliveries);
            bytes.addAndGet(-addedBytes);
            usable();
        } catch (SQLException | RuntimeException e) {
            failed(e);
        }
    }

    @Override
    public void close() {
        stop.countDown();
    }

    private void usable() {
        if (!trouble.isEmpty()) {
            trouble = "";
            log.info("spill usable again");
        }
    }

    private void run() {
        try {
            var pause = look();
            while (!stop.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                boolean isBusy = deliveries.get() > 0 || seen.deliveries() > 0 || !trouble.isEmpty();
                pause = pause.minus(TICK);
                if (pause.isNegative() && (isBusy || pause.plus(SELDOM).isNegative())) {
                    pause = look();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return how long to rest after it */
    private Duration look() {
        long start = System.nanoTime();
        runOnce();
        return Duration.ofNanos(System.nanoTime() - start).multipliedBy(REST);
    }

    private static String reason(Exception error) {
        var state = error instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "";
        return switch (state) {
            case "42P01", "3F000" -> "PostgreSQL has no table freshet.deliveries: start a worker of this version once";
            case "42501" -> "PostgreSQL does not let this process write freshet.deliveries";
            case "25006" -> "PostgreSQL takes no writes";
            default ->
                Database.classify(error) == Failure.OUTAGE
                        ? "PostgreSQL is away"
                        : "PostgreSQL cannot be used; the log says why";
        };
    }

    private static String rootMessage(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
