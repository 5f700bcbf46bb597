package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A render reads its data, then the data changes and the instance confirms, then the render ends and stores the old page.
 * Provoked by holding the answer of the data source back. Told once, the page stays old; told twice, it becomes fresh; and
 * told once with a proof of freshness, too, because somebody looks.
 */
final class FillRace {
    private static final int COHORT = 7;
    private static final int VISITS = 30;
    private static final Duration BETWEEN_VISITS = Duration.ofMillis(100);
    /** So long that the second call never comes. */
    private static final Duration NEVER = Duration.ofHours(1);

    private static final Duration LONGEST_RENDER = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 3;

    private final Run run;
    private final Fleet fleet;
    private final Node node;
    private final Page page = Page.cohort(COHORT);

    private FillRace(Run run, Fleet fleet) {
        this.run = run;
        this.fleet = fleet;
        this.node = fleet.nodes().getFirst();
    }

    static Verdict play(Run run) throws Exception {
        int oldWithOne;
        try (var fleet = new Fleet(run, NEVER, Map.of())) {
            oldWithOne = started(run, fleet, run.services().unproven()).toldOnce();
        }
        int oldWithTwo;
        try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of())) {
            oldWithTwo = started(run, fleet, run.services().unproven()).toldTwice();
        }
        double seenOld;
        try (var fleet = new Fleet(run, NEVER, Map.of())) {
            seenOld = started(run, fleet, run.services().proven()).toldOnceWithProof();
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("visits", VISITS);
        figures.put("old_when_told_once", oldWithOne);
        figures.put("old_when_told_twice", oldWithTwo);
        figures.put("proofs_that_found_it_old", (long) seenOld);
        return new Verdict(
                "fill-race",
                oldWithOne == VISITS && oldWithTwo == 0 && seenOld > 0,
                "a render that read old data ends after the confirmation: told once %d of %d visits see the old page, told twice %d, told once and found old by %.0f proofs 0"
                        .formatted(oldWithOne, VISITS, oldWithTwo, seenOld),
                figures);
    }

    private static FillRace started(Run run, Fleet fleet, String catalog) throws Exception {
        // no pages router: res.revalidate would read the same data, and be held instead
        fleet.start(Map.of("CATALOG", catalog, "PAGES_URLS", ""));
        return new FillRace(run, fleet);
    }

    private int toldOnce() throws Exception {
        storeOldPage();
        return countOld();
    }

    private int toldTwice() throws Exception {
        boolean isProvoked = false;
        for (int i = 0; i < ATTEMPTS && !isProvoked; i++) {
            isProvoked = storeOldPage() && !isToldTwice();
        }
        if (!isProvoked) {
            throw new BrokenOffException("no render ended between the two calls in " + ATTEMPTS + " attempts");
        }
        Await.until(this::isToldTwice, "the instance was told twice");
        return countOld();
    }

    /** @return how many proofs found the page old; it is fresh then */
    private double toldOnceWithProof() throws Exception {
        // else a look, at the other instance even, would be what is held
        fleet.nodes().forEach(one -> one.app().hidePages());
        try {
            storeOldPage();
        } finally {
            fleet.nodes().forEach(one -> one.app().showPages());
        }
        Await.until(() -> visit() >= run.current(COHORT), "the page is fresh again");
        return fleet.freshet().metric("freshet_proofs_total", "outcome=\"old\"");
    }

    /** @return whether the render showed old data when it ended */
    private boolean storeOldPage() throws Exception {
        var held = run.source().holdNext(COHORT);
        CompletableFuture<Integer> visit;
        try {
            run.send(fleet.freshet(), COHORT); // expires the page, so that the next visit renders it
            Await.until(this::isTold, "the instance confirmed the first change");
            visit = CompletableFuture.supplyAsync(this::visit);
            held.awaitRead();
            run.send(fleet.freshet(), COHORT);
            Await.until(this::isTold, "the instance confirmed the second change");
        } finally {
            held.release();
        }
        return visit.get(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS) < run.current(COHORT);
    }

    private int countOld() throws InterruptedException {
        int old = 0;
        for (int i = 0; i < VISITS; i++) {
            old += visit() < run.current(COHORT) ? 1 : 0;
            Thread.sleep(BETWEEN_VISITS.toMillis());
        }
        return old;
    }

    private boolean isTold() {
        return node.app().told().confirmed(COHORT) >= run.current(COHORT);
    }

    private boolean isToldTwice() {
        return node.app().told().settled(page.subject()).getOrDefault(COHORT, 0) >= run.current(COHORT);
    }

    private int visit() {
        return node.instance().number(page, COHORT);
    }
}
