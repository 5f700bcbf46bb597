package dev.freshet.worker.frontend;

import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one instance what it is owed. Every worker process has one for each instance; Redis gives the turn to one of
 * them. A thread of its own, so that an instance which is slow or away holds up no other.
 */
final class InstanceCaller {
    private static final Logger log = LoggerFactory.getLogger(InstanceCaller.class);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(1);

    private final Owed owed;
    private final Instance instance;
    private final Channel channel;
    private final Pacing pacing;
    private final CallerOptions options;
    private final MeterRegistry metrics;
    private final Semaphore wakeUp = new Semaphore(0);
    private final Thread thread;
    private volatile int stillOwed;
    private volatile boolean closed;

    InstanceCaller(
            Owed owed,
            Instance instance,
            Channel channel,
            Pacing pacing,
            CallerOptions options,
            MeterRegistry metrics) {
        this.owed = owed;
        this.instance = instance;
        this.channel = channel;
        this.pacing = pacing;
        this.options = options;
        this.metrics = metrics;
        this.thread = Thread.ofVirtual().name("tell-" + instance.name()).unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /** Lets a call under way end for a while, then breaks it off; what it carried stays owed. */
    void close(Duration patience) {
        closed = true;
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        wake();
        try {
            if (!thread.join(patience)) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** Something may be due earlier than the last look said. */
    void wake() {
        wakeUp.release();
    }

    /** How many members were owed at the last look. */
    int stillOwed() {
        return stillOwed;
    }

    String frontEnd() {
        return instance.frontEnd();
    }

    /**
     * Makes at most one call.
     *
     * @return when to look again: zero when more is due already
     */
    Duration runOnce() throws InterruptedException {
        var turn = owed.take(instance, options.lease(), options.mostPerCall());
        stillOwed = turn.owed();
        return switch (turn) {
            case Turn.Nothing() -> options.idle();
            case Turn.Later(var in, var ignored) -> in;
            case Turn.Mine mine -> tell(mine);
        };
    }

    private Duration tell(Turn.Mine turn) throws InterruptedException {
        long start = System.nanoTime();
        try {
            switch (channel.tell(instance, turn.due())) {
                case Answer.Confirmed(var ignored) -> confirmed(turn, Duration.ofNanos(System.nanoTime() - start));
                case Answer.Failed(var error, var retryAfter) ->
                    failed(turn, error, pacing.backoff(turn.failures(), retryAfter));
                case Answer.Misconfigured(var error) -> misconfigured(turn, error);
            }
            return Duration.ZERO;
        } catch (InterruptedException e) {
            owed.release(instance, turn);
            throw e;
        }
    }

    private void confirmed(Turn.Mine turn, Duration took) {
        var pause = pacing.pause(turn);
        stillOwed = owed.confirm(instance, turn, pause, pacing.rest(turn, pause));
        count("confirmed");
        log.info(
                "front end told frontEnd={} instance={} members={} secondPass={} owed={} ms={}",
                instance.frontEnd(),
                instance.name(),
                turn.due().size(),
                turn.isSecondPass(),
                stillOwed,
                took.toMillis());
    }

    private void failed(Turn.Mine turn, String error, Duration wait) {
        owed.fail(instance, turn, wait, error, false);
        count("failed");
        log.warn(
                "front end away frontEnd={} instance={} owed={} failures={} cause={} retryMs={}",
                instance.frontEnd(),
                instance.name(),
                turn.owed(),
                turn.failures() + 1,
                error,
                wait.toMillis());
    }

    private void misconfigured(Turn.Mine turn, String error) {
        owed.fail(instance, turn, options.mendTime(), error, true);
        count("misconfigured");
        log.error(
                "front end refuses frontEnd={} instance={} owed={} cause={} retryMs={}",
                instance.frontEnd(),
                instance.name(),
                turn.owed(),
                error,
                options.mendTime().toMillis());
    }

    private void count(String outcome) {
        Counter.builder("freshet_callbacks_total")
                .description("calls to instances of front ends")
                .tags("frontend", instance.frontEnd(), "outcome", outcome)
                .register(metrics)
                .increment();
    }

    private void loop() {
        try {
            while (!closed) {
                waitFor(runOrRecover());
            }
        } catch (InterruptedException e) {
            log.debug("front end caller interrupted instance={}", instance.name());
        }
    }

    private Duration runOrRecover() throws InterruptedException {
        try {
            return runOnce();
        } catch (RedisException e) {
            return AFTER_A_FAULT; // the connection says itself that it is lost
        } catch (RuntimeException e) {
            log.error("front end caller failed instance={}", instance.name(), e);
            return AFTER_A_FAULT;
        }
    }

    private void waitFor(Duration wait) throws InterruptedException {
        long most = Math.min(wait.toMillis(), options.idle().toMillis());
        if (wakeUp.tryAcquire(most, TimeUnit.MILLISECONDS)) {
            wakeUp.drainPermits();
        }
    }
}
