package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.nextjs.Relay.Reply;
import dev.freshet.benchmarks.nextjs.Relay.Request;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What stands before the instances: visitors are sent to those in turn whose readiness probes answer 200. It asks before
 * each visit, so that the outcome does not depend on when it last looked.
 */
final class Proxy implements AutoCloseable {
    /** Says which instance has answered. */
    static final String ANSWERED_BY = "x-answered-by";

    private final Relay relay = new Relay();
    private final List<Instance> instances;
    private final AtomicInteger turn = new AtomicInteger();

    Proxy(List<Instance> instances) {
        this.instances = new CopyOnWriteArrayList<>(instances);
        relay.answerBy(this::reply);
    }

    URI url() {
        return relay.url();
    }

    void add(Instance instance) {
        instances.add(instance);
    }

    @Override
    public void close() {
        relay.close();
    }

    private Reply reply(Request request) throws IOException, InterruptedException {
        var ready = instances.stream()
                .filter(instance -> instance.isReady() && instance.isReadyForPages())
                .toList();
        if (ready.isEmpty()) {
            return Reply.of(503);
        }
        var chosen = ready.get(Math.floorMod(turn.getAndIncrement(), ready.size()));
        var reply = relay.pass(request, chosen.url());
        Map<String, List<String>> headers = new HashMap<>(reply.headers());
        headers.put(ANSWERED_BY, List.of(chosen.name()));
        return new Reply(reply.status(), headers, reply.body());
    }
}
