package dev.freshet.worker.frontend;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one instance what it is owed. Every worker process has one for each instance; Redis gives the turn to one of
 * them. A thread of its own, so that an instance which is slow or away holds up no other.
 */
final class InstanceCaller {
    private static final Logger log = LoggerFactory.getLogger(InstanceCaller.class);
    private static final int MOST_BOOTS = 100;
    private static final Duration[] TIMES = LongStream.of(
                    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 300_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final Owed owed;
    private final Instance instance;
    private final Channel channel;
    private final Optional<Prover> prover;
    private final Pacing pacing;
    private final CallerOptions options;
    private final InstantSource clock;
    private final MeterRegistry metrics;
    private final Timer timeToFresh;
    private final Loop loop;
    /** The processes that answered: none comes back, unless several share the address. */
    private final Set<String> boots = new HashSet<>();

    /** Whether it ever said which process it is; one that never does is asked less often. */
    private boolean saysBoot;

    private Instant askAgain = Instant.EPOCH;
    private volatile int stillOwed;

    /** @param pages looks at them; empty: a confirmed call is taken for granted */
    InstanceCaller(
            Owed owed,
            Instance instance,
            Channel channel,
            Optional<PageProof> pages,
            Pacing pacing,
            CallerOptions options,
            InstantSource clock,
            MeterRegistry metrics) {
        this.owed = owed;
        this.instance = instance;
        this.channel = channel;
        this.pacing = pacing;
        this.options = options;
        this.clock = clock;
        this.metrics = metrics;
        this.timeToFresh = Timer.builder("freshet_time_to_fresh")
                .description(
                        "from a delivery's receipt until an instance confirmed what it made old, proven where a proof is asked for")
                .tag("frontend", instance.frontEnd())
                .serviceLevelObjectives(TIMES)
                .register(metrics);
        this.prover = pages.map(
                all -> new Prover(owed.proofs(), all, instance, pacing, options, metrics, this::observe, this::wake));
        this.loop = new Loop("tell-" + instance.name(), options.idle(), this::runOnce);
        List.of("confirmed", "failed", "misconfigured").forEach(this::counter); // alarms need the zero of each
    }

    void start() {
        loop.start();
        prover.ifPresent(Prover::start);
    }

    /** Lets a call under way end for a while, then breaks it off; what it carried stays owed. */
    void close(Duration patience) {
        prover.ifPresent(Prover::close);
        loop.close(patience);
    }

    /** Something may be due earlier than the last look said. */
    void wake() {
        loop.wake();
    }

    /** How many members were owed at the last look. */
    int stillOwed() {
        return stillOwed;
    }

    Instance instance() {
        return instance;
    }

    /**
     * Makes at most one call.
     *
     * @return when to look again: zero when more is due already
     */
    Duration runOnce() throws InterruptedException {
        boolean asks = channel.canAsk() && clock.instant().isAfter(askAgain);
        var ask = asks ? options.ask() : Duration.ZERO;
        var turn = owed.take(instance, options.lease(), options.mostPerCall(), ask);
        stillOwed = turn.owed();
        return switch (turn) {
            case Turn.Unknown() -> {
                owed.join(instance.frontEnd(), List.of(instance));
                yield Duration.ZERO;
            }
            case Turn.Nothing() -> options.idle();
            case Turn.Later(var in, var ignored) -> in;
            case Turn.Ask(var ignored) -> ask();
            case Turn.Mine mine -> tell(mine);
        };
    }

    /** One that does not answer is no fault while it is owed nothing: the next call will tell. */
    private Duration ask() throws InterruptedException {
        try {
            var boot = channel.ask(instance);
            if (boot.isPresent()) {
                saysBoot = true;
                return isAnother(boot.get(), false) ? Duration.ZERO : options.idle();
            }
            if (!saysBoot) {
                askAgain = clock.instant().plus(options.mendTime());
            }
        } catch (IOException e) {
            log.debug("front end does not answer instance={} cause={}", instance.name(), e.getMessage());
        }
        return options.idle();
    }

    private Duration tell(Turn.Mine turn) throws InterruptedException {
        long start = System.nanoTime();
        try {
            switch (answer(turn)) {
                case Answer.Confirmed(var boot) -> confirmed(turn, boot, Duration.ofNanos(System.nanoTime() - start));
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

    /** One that failed again and again is asked before it is told: it costs both sides less. */
    private Answer answer(Turn.Mine turn) throws InterruptedException {
        if (turn.failures() >= FrontEndStatus.FAILURES_THAT_OPEN && channel.canAsk()) {
            try {
                channel.ask(instance);
            } catch (IOException e) {
                return new Answer.Failed(String.valueOf(e.getMessage()), Duration.ZERO);
            }
        }
        return channel.tell(instance, turn.due());
    }

    private void confirmed(Turn.Mine turn, Optional<String> boot, Duration took) {
        var pause = pacing.pause(turn);
        prover.ifPresent(it -> it.confirmed(turn.due())); // first: what nobody is to look at would be taken as fresh
        stillOwed = owed.confirm(instance, turn, pause, pacing.rest(turn, pause));
        boot.filter(id -> !turn.boot().equals(Optional.of(id))).ifPresent(id -> isAnother(id, turn.hasEverything()));
        counter("confirmed").increment();
        turn.due().stream()
                .filter(due -> !due.isSecondPass() && !due.isEverything())
                .filter(due -> prover.isEmpty() || !Prover.canProve(due))
                .forEach(this::observe);
        log.info(
                "front end told frontEnd={} instance={} members={} secondPass={} owed={} ms={}",
                instance.frontEnd(),
                instance.name(),
                turn.due().size(),
                turn.isSecondPass(),
                stillOwed,
                took.toMillis());
    }

    private boolean isAnother(String boot, boolean toldEverything) {
        boolean isAnother = owed.answered(instance, boot, toldEverything);
        if (boots.size() > MOST_BOOTS) {
            boots.clear();
        }
        if (isAnother && !boots.add(boot)) {
            log.error(
                    "front end not one process frontEnd={} instance={} cause=one that answered before answers again",
                    instance.frontEnd(),
                    instance.name());
        } else if (isAnother) {
            log.info("front end started anew frontEnd={} instance={}", instance.frontEnd(), instance.name());
        }
        return isAnother;
    }

    private void observe(Turn.Due due) {
        due.received()
                .map(received -> Duration.between(received, clock.instant()))
                .ifPresent(took -> timeToFresh.record(took.isNegative() ? Duration.ZERO : took));
    }

    private void failed(Turn.Mine turn, String error, Duration wait) {
        owed.fail(instance, turn, wait, error, false);
        counter("failed").increment();
        if (isWorthALine(turn)) {
            log.warn(
                    "front end away frontEnd={} instance={} owed={} failures={} cause={} retryMs={}",
                    instance.frontEnd(),
                    instance.name(),
                    turn.owed(),
                    turn.failures() + 1,
                    error,
                    wait.toMillis());
        }
    }

    private void misconfigured(Turn.Mine turn, String error) {
        owed.fail(instance, turn, options.mendTime(), error, true);
        counter("misconfigured").increment();
        if (isWorthALine(turn)) {
            log.error(
                    "front end refuses frontEnd={} instance={} owed={} cause={} retryMs={}",
                    instance.frontEnd(),
                    instance.name(),
                    turn.owed(),
                    error,
                    options.mendTime().toMillis());
        }
    }

    /** The first failure, the second, the fourth, the eighth and so on: an instance may be away for days. */
    private static boolean isWorthALine(Turn.Mine turn) {
        return Integer.bitCount(turn.failures() + 1) == 1;
    }

    private Counter counter(String outcome) {
        return Counter.builder("freshet_callbacks_total")
                .description("calls to instances of front ends")
                .tags("frontend", instance.frontEnd(), "outcome", outcome)
                .register(metrics);
    }
}
