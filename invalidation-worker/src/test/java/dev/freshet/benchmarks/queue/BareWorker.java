package dev.freshet.benchmarks.queue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * The calls that a worker makes to Redis, and nothing else: it claims, makes as many tags old as the benchmark's events
 * do, and settles. It takes jobs apart as any claim does, but plans nothing and counts nothing; it looks into no body, or
 * goes through each to its end, since one that is no JSON would have to be told from others.
 */
final class BareWorker {
    private static final int BATCH = 500;
    private static final int LANES = 4;
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final JsonFactory JSON = new JsonFactory();

    private final JobQueue queue;
    private final TagCache cache;
    private final List<Tag> shared = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();

    BareWorker(JobQueue queue, TagCache cache) {
        this.queue = queue;
        this.cache = cache;
        shared.add(new Tag("enrollments"));
        IntStream.range(0, Bodies.COURSES).mapToObj(i -> new Tag("course:" + i)).forEach(shared::add);
    }

    /**
     * @param reading whether it goes through the bodies
     * @return how many jobs there were
     */
    long empty(boolean reading) throws Exception {
        Callable<Long> emptying = () -> emptyLane(reading);
        long all = 0;
        try (var lanes = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var lane : lanes.invokeAll(Collections.nCopies(LANES, emptying))) {
                all += lane.get();
            }
        }
        return all;
    }

    private long emptyLane(boolean reading) throws IOException {
        long all = 0;
        while (queue.claim(BATCH, LEASE) instanceof Claim claim) {
            var tags = new ArrayList<>(shared);
            for (var job : claim.jobs()) {
                if (reading) {
                    read(job.body());
                }
                tags.add(new Tag("enrollment:" + numbers.getAndIncrement()));
            }
            cache.invalidate(tags);
            all += queue.settle(claim, List.of(), Map.of()).done();
        }
        return all;
    }

    private static void read(byte[] body) throws IOException {
        try (var parser = JSON.createParser(body)) {
            JsonToken token;
            do {
                token = parser.nextToken();
            } while (token != null);
        }
    }
}
