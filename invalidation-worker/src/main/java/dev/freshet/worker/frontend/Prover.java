package dev.freshet.worker.frontend;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the pages that one instance confirmed. One that is old is owed again: the instance rendered it from data that
 * were old themselves, or keeps it in a cache that the call did not reach.
 */
final class Prover {
    private static final Logger log = LoggerFactory.getLogger(Prover.class);
    private static final int AT_ONCE = 4;
    private static final int MOST = 20;
    /** Longer than {@value #MOST} pages that do not answer take. */
    private static final Duration LEASE = Duration.ofMinutes(1);

    /** Of the time in which a person may mend a page that stays old: up to about an hour. */
    private static final int MOST_DOUBLINGS = 6;
    /** Half a day: a page that could be mended by telling would have been. */
    private static final int TIMES_UNTIL_GIVEN_UP = 22;

    private final Proofs proofs;
    private final PageProof pages;
    private final Instance instance;
    private final Pacing pacing;
    private final CallerOptions options;
    private final MeterRegistry metrics;
    private final Consumer<Turn.Due> proven;
    private final Runnable owedAgain;
    private final Loop loop;

    /**
     * @param proven is given each change that was seen on its page for the first time
     * @param owedAgain is run when a page was old
     */
    Prover(
            Proofs proofs,
            PageProof pages,
            Instance instance,
            Pacing pacing,
            CallerOptions options,
            MeterRegistry metrics,
            Consumer<Turn.Due> proven,
            Runnable owedAgain) {
        this.proofs = proofs;
        this.pages = pages;
        this.instance = instance;
        this.pacing = pacing;
        this.options = options;
        this.metrics = metrics;
        this.proven = proven;
        this.owedAgain = owedAgain;
        this.loop = new Loop("prove-" + instance.name(), options.idle(), this::runOnce);
        List.of("fresh", "old", "unreadable").forEach(this::counter); // alarms need the zero of each
    }

    void start() {
        loop.start();
    }

    /** Breaks off what is under way; it is looked at again by somebody else. */
    void close() {
        loop.close();
    }

    /** Whether it is of a page that says how new it is. */
    static boolean canProve(Turn.Due due) {
        return due.isPath() && due.version().isPresent();
    }

    /** A call is about to be taken as confirmed: what can be proven of it will be. */
    void confirmed(List<Turn.Due> due) {
        var those = due.stream().filter(Prover::canProve).toList();
        if (those.isEmpty()) {
            return;
        }
        int left = proofs.prove(instance, those);
        if (left > 0) {
            log.warn(
                    "front end pages not looked at frontEnd={} instance={} pages={} cause=too many wait",
                    instance.frontEnd(),
                    instance.name(),
                    left);
        }
        loop.wake();
    }

    /**
     * Looks at some pages, if there are any to look at.
     *
     * @return when to look again: zero when more wait already
     */
    Duration runOnce() throws InterruptedException {
        var taken = proofs.take(instance, LEASE, MOST);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            lookAtAll(taken.proofs(), threads);
        }
        if (!taken.proofs().isEmpty()) {
            return Duration.ZERO;
        }
        return taken.in().isNegative() ? options.idle() : taken.in();
    }

    private void lookAtAll(List<Proofs.Proof> all, ExecutorService threads) throws InterruptedException {
        var places = new Semaphore(AT_ONCE);
        var looks = all.stream()
                .map(proof -> (Callable<Boolean>) () -> {
                    places.acquire();
                    try {
                        return lookAt(proof);
                    } finally {
                        places.release();
                    }
                })
                .toList();
        try {
            for (var look : threads.invokeAll(looks)) {
                look.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
        }
    }

    private boolean lookAt(Proofs.Proof proof) throws InterruptedException {
        var path = proof.due().name();
        var expected = proof.due().version().orElseThrow();
        switch (pages.look(instance, path, expected)) {
            case PageProof.Look.Fresh() -> {
                proofs.looked(instance, proof, Proofs.Outcome.FRESH, Duration.ZERO, "");
                counter("fresh").increment();
                if (!proof.due().isSecondPass() || proof.times() > 0) {
                    proven.accept(proof.due());
                }
            }
            case PageProof.Look.Old(var seen) -> {
                int most = seen.isOrdered(expected) ? TIMES_UNTIL_GIVEN_UP : Proofs.TIMES_UNTIL_FAULT;
                notFresh(proof, Proofs.Outcome.OLD, most, "is " + seen.text() + ", must be " + expected.text());
                counter("old").increment();
                owedAgain.run();
            }
            case PageProof.Look.Unreadable(var why) -> {
                notFresh(proof, Proofs.Outcome.AGAIN, Proofs.TIMES_UNTIL_FAULT, why);
                counter("unreadable").increment();
            }
        }
        return true;
    }

    /** @param most times in a row; then it is left to somebody to mend */
    private void notFresh(Proofs.Proof proof, Proofs.Outcome outcome, int most, String why) {
        int times = proof.times() + 1;
        int faults = times - Proofs.TIMES_UNTIL_FAULT;
        var wait = faults < 0
                ? pacing.backoff(proof.times(), Duration.ZERO)
                : options.mendTime().multipliedBy(1L << Math.min(faults, MOST_DOUBLINGS));
        var sentence = proof.due().name() + " " + why;
        proofs.looked(instance, proof, times < most ? outcome : Proofs.Outcome.LOST, wait, sentence);
        report(times, why);
    }

    /**
     * The first time it is a fault, and then the less often the longer it lasts. Without the path, in which an e-mail
     * address may stand; the status names it.
     */
    private void report(int times, String why) {
        int faults = times - Proofs.TIMES_UNTIL_FAULT + 1;
        if (faults > 0 && Integer.bitCount(faults) == 1) {
            log.error(
                    "front end page unproven frontEnd={} instance={} times={} cause={}",
                    instance.frontEnd(),
                    instance.name(),
                    times,
                    why);
        }
    }

    private Counter counter(String outcome) {
        return Counter.builder("freshet_proofs_total")
                .description("looks at pages whose change an instance confirmed")
                .tags("frontend", instance.frontEnd(), "outcome", outcome)
                .register(metrics);
    }
}
