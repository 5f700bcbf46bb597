package dev.freshet.benchmarks.nextjs;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Both instances share a cache in Redis, and this Redis hangs during the event while the route goes on answering. Nothing
 * counts as confirmed before it is stored, neither when the route is told nor when Freshet writes into the cache itself.
 */
final class SharedCache {
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(1);
    private static final int COHORT = 21;
    private static final Page PAGE = Page.cohort(COHORT);

    private final Run run;
    private final Fleet fleet;
    private final FreezableRedis redis;

    private SharedCache(Run run, Fleet fleet, FreezableRedis redis) {
        this.run = run;
        this.fleet = fleet;
        this.redis = redis;
    }

    static Verdict play(Run run) throws Exception {
        try (var redis = new FreezableRedis();
                var fleet = new Fleet(
                        run,
                        LONGEST_RENDER,
                        Map.of("NEXT_CACHE_REDIS_URL", redis.url().toString()))) {
            fleet.start(Map.of("PAGES_URLS", ""));
            return new SharedCache(run, fleet, redis).play();
        }
    }

    private Verdict play() throws Exception {
        change();
        Await.until(this::isConfirmed, "both instances confirmed while Redis is well");
        untilFresh("both instances are fresh while Redis is well");

        Await.until(this::isSettled, "both instances were told for good");
        untilCached();
        redis.freeze();
        int refused = refused();
        change();
        Await.until(() -> refused() >= refused + fleet.nodes().size(), "both instances have refused a call");
        boolean routeAnswers =
                fleet.nodes().stream().allMatch(node -> node.instance().isReady());
        boolean confirmedTooEarly = isConfirmed();
        redis.thaw();
        Await.until(this::isSettled, "both instances confirmed after Redis was back");
        int old = old();

        var direct = direct();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("confirmed_while_frozen", confirmedTooEarly);
        figures.put("route_answers_while_frozen", routeAnswers);
        figures.put("refused_while_frozen", refused() - refused);
        figures.put("old_after_confirmation", old);
        figures.putAll(direct.figures());
        return new Verdict(
                "shared-cache",
                !confirmedTooEarly && routeAnswers && old == 0 && direct.passed(),
                "Redis frozen behind the cache handler: %s, afterwards %d of %d instances old; %s"
                        .formatted(
                                confirmedTooEarly ? "CONFIRMED" : "not confirmed",
                                old,
                                fleet.nodes().size(),
                                direct.line()),
                figures);
    }

    /** Freshet writes into the shared cache itself; no instance is called. */
    private Verdict direct() throws Exception {
        fleet.work(List.of(), Map.of("SHARED_CACHE_URL", redis.url().toString()));
        untilCached();
        change();
        long start = System.nanoTime();
        untilFresh("both instances are fresh by direct mode");
        double millis = (System.nanoTime() - start) / 1e6;

        Await.until(() -> owed() == 0, "direct mode is through with what it was owed");
        untilCached();
        redis.freeze();
        change();
        double failed = failed();
        Await.until(() -> failed() > failed, "direct mode has met the frozen Redis");
        boolean isOwed = owed() > 0;
        redis.thaw();
        untilFresh("both instances are fresh by direct mode after Redis was back");
        Await.until(() -> owed() == 0, "direct mode is through with what it was owed");
        var figures = new LinkedHashMap<String, Object>();
        figures.put("direct_ms", Math.round(millis));
        figures.put("direct_confirmed_while_frozen", !isOwed);
        return new Verdict(
                "direct",
                isOwed,
                "direct mode: both fresh after %.0f ms, frozen: %s"
                        .formatted(millis, isOwed ? "not confirmed" : "CONFIRMED"),
                figures);
    }

    private void change() throws InterruptedException {
        run.send(fleet.freshet(), COHORT);
    }

    private boolean isConfirmed() {
        return fleet.nodes().stream().allMatch(node -> node.app().told().confirmed(COHORT) >= run.current(COHORT));
    }

    private boolean isSettled() {
        return fleet.nodes().stream()
                .allMatch(node ->
                        node.app().told().settled(PAGE.subject()).getOrDefault(COHORT, 0) >= run.current(COHORT));
    }

    private int refused() {
        return fleet.nodes().stream().mapToInt(node -> node.app().refused()).sum();
    }

    private double owed() {
        return fleet.freshet().metric("freshet_owed", "frontend=\"shared\"");
    }

    private double failed() {
        return fleet.freshet().metric("freshet_callbacks_total", "frontend=\"shared\"", "outcome=\"failed\"");
    }

    private void untilFresh(String what) throws InterruptedException {
        Await.until(() -> old() == 0, what);
    }

    /** The marks may lie ahead a little: until they are past, every visit renders. Nobody is to be fresh by that. */
    private void untilCached() throws InterruptedException {
        Await.until(
                () -> fleet.nodes().stream()
                        .allMatch(node -> node.instance().visit(PAGE).isCached()),
                "both instances have the page cached");
    }

    /** How many instances show less than the newest value. */
    private int old() {
        return (int) fleet.nodes().stream()
                .filter(node -> node.instance().number(PAGE, COHORT) < run.current(COHORT))
                .count();
    }
}
