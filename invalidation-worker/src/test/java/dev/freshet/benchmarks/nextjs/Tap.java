package dev.freshet.benchmarks.nextjs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.benchmarks.nextjs.Relay.Reply;
import dev.freshet.benchmarks.nextjs.Relay.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Stands between the worker and one instance, sees what the instance confirms, and can take the instance away. */
final class Tap implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Relay relay = new Relay();
    private final URI instance;
    private final Told told;
    private volatile CountDownLatch hidden = new CountDownLatch(0);
    private volatile int failure;
    private volatile int refused;

    /** @param longestRender as the worker was told */
    Tap(URI instance, Duration longestRender) {
        this.instance = instance;
        this.told = new Told(longestRender);
        relay.answerBy(this::reply);
    }

    URI url() {
        return relay.url();
    }

    Told told() {
        return told;
    }

    /** Answers every request with this status from now on; 0: the instance answers again. */
    void failWith(int status) {
        failure = status;
    }

    /** Keeps the worker from looking at pages, until {@link #showPages}. */
    void hidePages() {
        hidden = new CountDownLatch(1);
    }

    void showPages() {
        hidden.countDown();
    }

    /** Calls that were not answered 200. */
    int refused() {
        return refused;
    }

    @Override
    public void close() {
        showPages();
        relay.close();
    }

    private Reply reply(Request request) throws IOException, InterruptedException {
        long sent = System.nanoTime();
        boolean isCall = "POST".equals(request.method());
        if (failure != 0) {
            countRefused(isCall);
            return Reply.of(failure);
        }
        if (!request.path().startsWith("/api/")) {
            Await.latch(hidden, "the worker may look at pages");
        }
        var reply = relay.pass(request, instance);
        if (isCall && reply.status() == 200) {
            told.confirm(sent, subjects(request));
        } else {
            countRefused(isCall);
        }
        return reply;
    }

    private synchronized void countRefused(boolean isCall) {
        refused += isCall ? 1 : 0;
    }

    private static List<String> subjects(Request request) throws IOException {
        var call = JSON.readTree(request.body());
        var subjects = new ArrayList<String>();
        for (var list : List.of("tags", "paths")) {
            for (JsonNode name : call.path(list)) {
                subjects.add(name.asText());
            }
        }
        return subjects;
    }
}
