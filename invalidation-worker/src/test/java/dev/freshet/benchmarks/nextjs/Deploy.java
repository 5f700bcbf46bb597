package dev.freshet.benchmarks.nextjs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * One of two instances answers 500 for a minute, as during a deploy, while changes keep coming. Nothing is lost, the other
 * instance is told as always, and the first one is told when it is back.
 */
final class Deploy {
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(1);
    private static final Duration AWAY = Duration.ofSeconds(Integer.getInteger("freshet.deploy", 60));
    /** Until second calls come between the first ones as often as they will. */
    private static final int WARM_UP = 20;

    private static final int BEFORE = 60;
    /** Of any length up to this one, so that events do not fall into step with the pauses between calls. */
    private static final Duration LONGEST_BETWEEN = Duration.ofMillis(600);

    private final Run run;
    private final Freshet freshet;
    private final Node steady;
    private final Node deployed;
    private final Random random = new Random(5);
    private int events;

    private Deploy(Run run, Fleet fleet) {
        this.run = run;
        this.freshet = fleet.freshet();
        this.steady = fleet.nodes().get(0);
        this.deployed = fleet.nodes().get(1);
    }

    static Verdict play(Run run) throws Exception {
        try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of())) {
            fleet.start(Map.of("CALLBACK_MAX_PAUSE", "200ms"));
            return new Deploy(run, fleet).play();
        }
    }

    private Verdict play() throws Exception {
        for (int i = 0; i < WARM_UP; i++) {
            changeUntilFresh();
        }
        var before = new ArrayList<Double>();
        for (int i = 0; i < BEFORE; i++) {
            before.add(changeUntilFresh());
        }
        int refusedBefore = deployed.app().refused() + deployed.pages().refused();
        answerFor(500);
        var meanwhile = new ArrayList<Double>();
        long end = System.nanoTime() + AWAY.toNanos();
        while (System.nanoTime() < end) {
            meanwhile.add(changeUntilFresh());
        }
        int refused = deployed.app().refused() + deployed.pages().refused() - refusedBefore;
        answerFor(0);
        long back = System.nanoTime();
        Await.until(() -> isTold(deployed), "the instance that is back was told everything it missed");
        double toldAfter = (System.nanoTime() - back) / 1e9;
        Await.until(() -> isSettled(steady) && isSettled(deployed), "both instances were told for good");
        int old = old(steady) + old(deployed);
        double dead = freshet.metric("freshet_queue_depth", "place=\"dead\"");
        return verdict(Times.of(before), Times.of(meanwhile), refused, toldAfter, old, (long) dead);
    }

    private Verdict verdict(Times before, Times meanwhile, int refused, double toldAfter, int old, long dead) {
        var figures = new LinkedHashMap<String, Object>();
        figures.put("away_s", AWAY.toSeconds());
        figures.put("events", events);
        figures.put("other_instance_before_ms", before.figures());
        figures.put("other_instance_meanwhile_ms", meanwhile.figures());
        figures.put("refused_calls", refused);
        figures.put("told_after_s", Math.round(toldAfter * 10) / 10.0);
        figures.put("old", old);
        figures.put("dead", dead);
        return new Verdict(
                "deploy",
                old == 0 && dead == 0,
                String.format(
                        Locale.ROOT,
                        "an instance answers 500 for %d s: %d calls refused, told %.1f s after it was back, %d old pages, %d dead letters; the other one fresh after %s before, %s meanwhile",
                        AWAY.toSeconds(),
                        refused,
                        toldAfter,
                        old,
                        dead,
                        before,
                        meanwhile),
                figures);
    }

    private void answerFor(int status) {
        deployed.app().failWith(status);
        deployed.pages().failWith(status);
    }

    /** One event, and how many milliseconds it takes until the steady instance shows it. */
    private double changeUntilFresh() throws InterruptedException {
        int cohort = 1 + events++ % Services.COHORTS;
        long start = System.nanoTime();
        int value = run.send(freshet, cohort);
        Await.until(() -> shows(steady, Page.cohort(cohort), cohort, value), "the other instance is fresh");
        double millis = (System.nanoTime() - start) / 1e6;
        Thread.sleep(random.nextLong(LONGEST_BETWEEN.toMillis()));
        return millis;
    }

    private boolean isTold(Node node) {
        return cohorts().allMatch(cohort -> node.isConfirmed(cohort, run.current(cohort)));
    }

    private boolean isSettled(Node node) {
        return cohorts().allMatch(cohort -> node.isSettled(cohort, run.current(cohort)));
    }

    private int old(Node node) {
        return (int) cohorts()
                .mapToLong(cohort -> Page.showing(cohort).stream()
                        .filter(page -> !shows(node, page, cohort, run.current(cohort)))
                        .count())
                .sum();
    }

    /** Those that have changed. */
    private IntStream cohorts() {
        return IntStream.rangeClosed(1, Math.min(events, Services.COHORTS));
    }

    private static boolean shows(Node node, Page page, int cohort, int value) {
        return node.instance().number(page, cohort) >= value;
    }
}
