package dev.freshet.benchmarks.nextjs;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A render reads its data, then the data changes and the instance confirms, then the render ends and stores the old page.
 * Provoked by holding the answer of the data source back: told once, the page stays old; told twice, it becomes fresh.
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
        try (var fleet = started(run, NEVER)) {
            oldWithOne = new FillRace(run, fleet).oldVisits();
        }
        int oldWithTwo;
        try (var fleet = started(run, LONGEST_RENDER)) {
            var race = new FillRace(run, fleet);
            boolean isProvoked = false;
            for (int i = 0; i < ATTEMPTS && !isProvoked; i++) {
                isProvoked = race.storeOldPage();
            }
            if (!isProvoked) {
                throw new BrokenOffException("no render ended between the two calls in " + ATTEMPTS + " attempts");
            }
            Await.until(() -> race.isTold(2), "the instance was told twice");
            oldWithTwo = race.countOld();
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("visits", VISITS);
        figures.put("old_when_told_once", oldWithOne);
        figures.put("old_when_told_twice", oldWithTwo);
        return new Verdict(
                "fill-race",
                oldWithOne == VISITS && oldWithTwo == 0,
                "a render that read old data ends after the confirmation: told once %d of %d visits see the old page, told twice %d"
                        .formatted(oldWithOne, VISITS, oldWithTwo),
                figures);
    }

    private static Fleet started(Run run, Duration longestRender) throws Exception {
        var fleet = new Fleet(run, longestRender, Map.of());
        try {
            fleet.start(Map.of("PAGES_URLS", "")); // res.revalidate would read the same data, and be held instead
            return fleet;
        } catch (Exception e) {
            fleet.close();
            throw e;
        }
    }

    /** With one call only. */
    private int oldVisits() throws Exception {
        storeOldPage();
        return countOld();
    }

    /** @return whether the old page was stored before a second call */
    private boolean storeOldPage() throws Exception {
        run.send(fleet.freshet(), COHORT); // the page is old now and nobody has asked for it since
        Await.until(() -> isTold(1), "the instance confirmed the first change");
        var held = run.source().holdNext(COHORT);
        var visit = CompletableFuture.supplyAsync(() -> visit());
        try {
            held.awaitRead();
            run.send(fleet.freshet(), COHORT);
            Await.until(() -> isTold(1), "the instance confirmed the second change");
        } finally {
            held.release();
        }
        int shown = visit.get(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        return shown < run.current(COHORT) && !isTold(2);
    }

    private int countOld() throws InterruptedException {
        int old = 0;
        for (int i = 0; i < VISITS; i++) {
            old += visit() < run.current(COHORT) ? 1 : 0;
            Thread.sleep(BETWEEN_VISITS.toMillis());
        }
        return old;
    }

    /** Whether the instance has confirmed the newest value, or that and the second call. */
    private boolean isTold(int times) {
        int newest = run.current(COHORT);
        return times == 1
                ? node.app().told().confirmed(COHORT) >= newest
                : node.app().told().settled(page.subject()).getOrDefault(COHORT, 0) >= newest;
    }

    private int visit() {
        return node.instance().number(page, COHORT);
    }
}
