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
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Duration longestRender;
    private final Freshet freshet;
    private final List<Node> nodes;

    /**
     * Nothing is told before {@link #work} and {@link #start}.
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

    /** Starts a worker, in place of the one before, that tells both instances. */
    void work(Map<String, String> settings) {
        work(nodes, settings);
    }

    /** The same for these instances. */
    void work(List<Node> told, Map<String, String> settings) {
        var all = new HashMap<String, String>();
        all.put("CALLBACK_LONGEST_RENDER", longestRender.toMillis() + "ms");
        all.put("APP_URLS", urls(told, node -> node.app().url().toString()));
        all.put("PAGES_URLS", urls(told, node -> node.pages().url() + "/api/revalidate-pages"));
        all.putAll(settings);
        freshet.work(all);
    }

    /** Starts both instances and returns when they have been told everything. */
    void start() throws IOException, InterruptedException {
        for (var node : nodes) {
            node.instance().start();
        }
        for (var node : nodes) {
            Await.until(node.instance()::isReady, "instance " + node.instance().name() + " was told everything");
        }
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
