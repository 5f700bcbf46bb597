package dev.freshet.benchmarks.queue;

import com.fasterxml.jackson.core.JsonFactory;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * The calls that a worker makes to Redis, and nothing else: it claims, makes as many tags old as the benchmark's events
 * do, and settles. It takes jobs apart as any claim does, and counts nothing. It looks into no body, or it also plans, and keeps
 * what a worker promises: it goes through each body to its end, since one that is no JSON would have to be told from others,
 * makes the tags of these events, and of no other catalog's, of what it says, and asks under which of them there is something to
 * re-warm.
 */
final class BareWorker {
    private static final int BATCH = 500;
    private static final int LANES = 4;
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final JsonFactory JSON = new JsonFactory();
    private static final Tag ALL = new Tag("enrollments");

    private final JobQueue queue;
    private final TagCache cache;
    private final List<Tag> shared = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();

    BareWorker(JobQueue queue, TagCache cache) {
        this.queue = queue;
        this.cache = cache;
        shared.add(ALL);
        IntStream.range(0, Bodies.COURSES).mapToObj(i -> new Tag("course:" + i)).forEach(shared::add);
    }

    /**
     * @param planning whether the tags come from the bodies, and are asked about
     * @return how many jobs there were
     */
    long empty(boolean planning) throws Exception {
        Callable<Long> emptying = () -> emptyLane(planning);
        long all = 0;
        try (var lanes = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var lane : lanes.invokeAll(Collections.nCopies(LANES, emptying))) {
                all += lane.get();
            }
        }
        return all;
    }

    private long emptyLane(boolean planning) throws IOException {
        long all = 0;
        while (queue.claim(BATCH, LEASE) instanceof Claim claim) {
            var tags = new HashSet<Tag>();
            for (var job : claim.jobs()) {
                if (planning) {
                    plan(job.body(), tags);
                } else {
                    tags.add(new Tag("enrollment:" + numbers.getAndIncrement()));
                }
            }
            if (!planning) {
                tags.addAll(shared);
            }
            cache.invalidate(tags);
            all += queue.settle(claim, List.of(), Map.of()).done();
            if (planning) {
                cache.inUse(tags);
            }
        }
        return all;
    }

    private static void plan(byte[] body, Set<Tag> tags) throws IOException {
        tags.add(ALL);
        try (var parser = JSON.createParser(body)) {
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                var parent = parser.getParsingContext().getParent();
                boolean isOfPayload =
                        token.isScalarValue() && parent != null && "payload".equals(parent.getCurrentName());
                if (isOfPayload && "id".equals(parser.currentName())) {
                    tags.add(new Tag("enrollment:" + parser.getText()));
                } else if (isOfPayload && "course_id".equals(parser.currentName())) {
                    tags.add(new Tag("course:" + parser.getText()));
                }
            }
        }
    }
}
