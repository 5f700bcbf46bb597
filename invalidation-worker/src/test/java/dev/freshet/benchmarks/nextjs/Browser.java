package dev.freshet.benchmarks.nextjs;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** A browser shows the old number, the number changes, and one navigation later it shows the new one. */
final class Browser {
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(1);
    private static final int COHORT = 31;
    /** A page that reloads itself does so soon. */
    private static final Duration QUIET = Duration.ofSeconds(2);

    private Browser() {}

    static Verdict play(Run run) throws Exception {
        var program = Chromium.find();
        if (program.isEmpty()) {
            return new Verdict(
                    "browser",
                    true,
                    "left out: there is no chromium on the PATH (Debian: apt install chromium)",
                    Map.of("left_out", "no chromium on the PATH"));
        }
        try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of());
                var proxy = new Proxy(fleet.nodes().stream().map(Node::instance).toList());
                var browser = new Chromium(program.get(), run.site().output())) {
            fleet.start(Map.of());
            return play(
                    run, fleet, browser, proxy.url().resolve(Page.cohort(COHORT).path()));
        }
    }

    private static Verdict play(Run run, Fleet fleet, Chromium browser, URI page) throws Exception {
        var output = run.site().output();
        int before = change(run, fleet);
        browser.open(page);
        int shownBefore = shown(browser);
        browser.screenshot(output.resolve("before.png"));
        int after = change(run, fleet);
        int navigationsBefore = browser.navigations();
        browser.open(page);
        int shownAfter = shown(browser);
        browser.screenshot(output.resolve("after.png"));
        Thread.sleep(QUIET.toMillis());
        int navigations = browser.navigations() - navigationsBefore;
        boolean passed = shownBefore == before && shownAfter == after && shown(browser) == after && navigations == 1;
        var figures = new LinkedHashMap<String, Object>();
        figures.put("before", shownBefore);
        figures.put("after", shownAfter);
        figures.put("navigations", navigations);
        return new Verdict(
                "browser",
                passed,
                "Chromium shows %d, and %d (expected %d) after %d navigation; %s, %s"
                        .formatted(
                                shownBefore,
                                shownAfter,
                                after,
                                navigations,
                                output.resolve("before.png"),
                                output.resolve("after.png")),
                figures);
    }

    /** A new value that both instances have confirmed. */
    private static int change(Run run, Fleet fleet) throws InterruptedException {
        int value = run.send(fleet.freshet(), COHORT);
        for (var node : fleet.nodes()) {
            Await.until(() -> node.isConfirmed(COHORT, value), "both instances confirmed");
        }
        return value;
    }

    private static int shown(Chromium browser) throws InterruptedException {
        return Integer.parseInt(
                browser.evaluate("document.querySelector('[data-cohort=\"" + COHORT + "\"]').dataset.value"));
    }
}
