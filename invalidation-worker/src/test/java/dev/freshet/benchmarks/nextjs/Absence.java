package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An instance that was down during the event, one that restarted after it had confirmed and before anybody came, and one
 * that was added later. Each is fresh at its first visit through a proxy that asks the readiness probe.
 */
final class Absence {
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(1);
    private static final int DOWN = 11;
    private static final int RESTARTED = 12;
    /** Asked for past the proxy, to show what the proxy keeps from visitors. */
    private static final int PAST_THE_PROXY = 13;
    /** The one cohort whose page the build has rendered. */
    private static final int BUILT = 1;

    private final Run run;
    private final Fleet fleet;
    private final Proxy proxy;
    private final Visitor visitor;
    private final Node first;
    private final Node second;
    private int visits;
    private int old;

    private Absence(Run run, Fleet fleet, Proxy proxy, Visitor visitor) {
        this.run = run;
        this.fleet = fleet;
        this.proxy = proxy;
        this.visitor = visitor;
        this.first = fleet.nodes().get(0);
        this.second = fleet.nodes().get(1);
    }

    static Verdict play(Run run) throws Exception {
        try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of());
                var proxy = new Proxy(fleet.nodes().stream().map(Node::instance).toList());
                var visitor = new Visitor(proxy.url())) {
            fleet.start(unproven(run));
            return new Absence(run, fleet, proxy, visitor).play();
        }
    }

    /** A proof of freshness would be the first visit. */
    private static Map<String, String> unproven(Run run) {
        return Map.of("CATALOG", run.services().unproven());
    }

    private Verdict play() throws Exception {
        down();
        boolean restartedIsOld = restarted();
        boolean addedIsOld = added();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("visits", visits);
        figures.put("old", old);
        figures.put("restarted_is_old_before_told", restartedIsOld);
        figures.put("added_is_old_before_told", addedIsOld);
        return new Verdict(
                "absence",
                old == 0,
                "down during the event, restarted after it confirmed, added later: %d of %d visits through the proxy saw the old page (past the proxy: restarted %s, added %s)"
                        .formatted(old, visits, word(restartedIsOld), word(addedIsOld)),
                figures);
    }

    private void down() throws Exception {
        prime(Page.cohort(DOWN));
        second.instance().stop();
        int value = run.send(fleet.freshet(), DOWN);
        Await.until(() -> first.isConfirmed(DOWN, value), "the instance that is up confirmed");
        visitUntil(first, DOWN);
        second.instance().start();
        visitUntil(second, DOWN);
    }

    private boolean restarted() throws Exception {
        prime(Page.cohort(RESTARTED));
        prime(Page.cohort(PAST_THE_PROXY));
        run.send(fleet.freshet(), PAST_THE_PROXY);
        int value = run.send(fleet.freshet(), RESTARTED);
        for (var node : fleet.nodes()) {
            Await.until(() -> node.isSettled(RESTARTED, value), "both instances were told for good");
        }
        second.instance().stop();
        second.instance().start();
        boolean isOld = isOldPastTheProxy(second, PAST_THE_PROXY);
        visitUntil(second, RESTARTED);
        visitUntil(second, PAST_THE_PROXY);
        return isOld;
    }

    private boolean added() throws Exception {
        int value = run.send(fleet.freshet(), BUILT);
        for (var node : fleet.nodes()) {
            Await.until(() -> node.isConfirmed(BUILT, value), "both instances confirmed");
        }
        try (var third = Node.of("c", run, LONGEST_RENDER, Map.of())) {
            third.instance().start();
            proxy.add(third.instance());
            boolean isOld = isOldPastTheProxy(third, BUILT);
            var all = new ArrayList<>(fleet.nodes());
            all.add(third);
            fleet.work(all, unproven(run));
            visitUntil(third, BUILT);
            return isOld;
        }
    }

    /** Both instances hold the page as it is now. */
    private void prime(Page page) {
        for (var node : fleet.nodes()) {
            node.instance().visit(page);
        }
    }

    /** Visits through the proxy until this instance has answered; whoever answers must be fresh. */
    private void visitUntil(Node node, int cohort) throws InterruptedException {
        var pages = Page.showing(cohort);
        var left = new ArrayList<>(pages);
        long end = System.nanoTime() + Await.DEADLINE.toNanos();
        while (!left.isEmpty()) {
            var page = left.getFirst();
            var visit = visitor.visit(page);
            visits++;
            old += visit.number(cohort) < run.current(cohort) ? 1 : 0;
            if (visit.answeredBy().equals(node.instance().name())) {
                left.removeFirst();
            }
            if (System.nanoTime() > end) {
                throw new BrokenOffException("the proxy never sent a visitor to instance "
                        + node.instance().name());
            }
            Thread.sleep(10);
        }
    }

    private boolean isOldPastTheProxy(Node node, int cohort) {
        return node.instance().number(Page.cohort(cohort), cohort) < run.current(cohort);
    }

    private static String word(boolean isOld) {
        return isOld ? "old" : "fresh";
    }
}
