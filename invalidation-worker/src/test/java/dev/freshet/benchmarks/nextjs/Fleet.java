package dev.freshet.benchmarks.nextjs;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Two instances of the application and Freshet, which tells them. */
final class Fleet implements AutoCloseable {
    /** How soon a restart is noticed; ten times as often as by default, so that nobody waits for it here. */
    private static final Duration PROBE = Duration.ofMillis(500);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Duration longestRender;
    private final Freshet freshet;
    private final List<Node> nodes;

    /**
     * Nothing runs yet but ingest and serve.
     *
     * @param longestRender after this long each instance is told once more
     * @param settings of the instances
     */
    Fleet(Run run, Duration longestRender, Map<String, String> settings) throws IOException {
        this.longestRender = longestRender;
        try {
            freshet = keep(new Freshet(run.services()));
            run.source().readFrom(freshet.reads());
            var first = keep(Node.of("a", run, longestRender, settings));
            nodes = List.of(first, keep(Node.of("b", run, longestRender, settings)));
        } catch (RuntimeException | IOException e) {
            close();
            throw e;
        }
    }

    Freshet freshet() {
        return freshet;
    }

    List<Node> nodes() {
        return nodes;
    }

    /**
     * Starts both instances and a worker. Returns when each instance was told everything.
     *
     * @param settings of the worker
     */
    void start(Map<String, String> settings) throws IOException, InterruptedException {
        for (var node : nodes) {
            node.instance().start();
        }
        work(nodes, settings);
        for (var node : nodes) {
            Await.until(node.instance()::isReady, "instance " + node.instance().name() + " was told everything");
        }
    }

    /**
     * Starts a worker, in place of the one before.
     *
     * @param told the instances that it is given
     */
    void work(List<Node> told, Map<String, String> settings) {
        var all = new HashMap<String, String>();
        all.put("CALLBACK_LONGEST_RENDER", longestRender.toMillis() + "ms");
        all.put("CALLBACK_PROBE", PROBE.toMillis() + "ms");
        all.put("APP_URLS", urls(told, node -> node.app().url().toString()));
        all.put("PAGES_URLS", urls(told, node -> node.pages().url() + "/api/revalidate-pages"));
        all.putAll(settings);
        freshet.work(all);
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("cannot stop cleanly: " + e);
            }
        }
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static String urls(List<Node> nodes, Function<Node, String> url) {
        return nodes.stream().map(url).collect(Collectors.joining(","));
    }
}
