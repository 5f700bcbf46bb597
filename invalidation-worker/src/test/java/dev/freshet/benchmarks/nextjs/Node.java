package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.nextjs.Page.Router;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * An instance with the taps through which the worker reaches its two routes.
 *
 * @param app before the whole instance, for the app router
 * @param pages the same for the pages router, which the catalog calls another front end
 */
record Node(Instance instance, Tap app, Tap pages) implements AutoCloseable {
    /**
     * Not yet started.
     *
     * @param longestRender as the worker is told
     * @param settings of the instance
     */
    static Node of(String name, Run run, Duration longestRender, Map<String, String> settings) throws IOException {
        var instance = new Instance(name, run.site(), run.source(), settings);
        return new Node(instance, new Tap(instance.url(), longestRender), new Tap(instance.url(), longestRender));
    }

    Told told(Router router) {
        return router == Router.APP ? app.told() : pages.told();
    }

    /** Whether every page that shows this number has been told of it for good. */
    boolean isSettled(int cohort, int value) {
        return Page.showing(cohort).stream()
                .allMatch(page -> told(page.router()).settled(page.subject()).getOrDefault(cohort, 0) >= value);
    }

    boolean isConfirmed(int cohort, int value) {
        return app.told().confirmed(cohort) >= value && pages.told().confirmed(cohort) >= value;
    }

    @Override
    public void close() {
        instance.close();
        app.close();
        pages.close();
    }
}
