package dev.freshet.benchmarks.micro;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.UnreadableException;
import dev.freshet.model.Job;
import dev.freshet.queue.JobCodec;
import dev.freshet.testing.Samples;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a job costs as bytes, and what is planned for it. */
@State(Scope.Benchmark)
public class JobMicro {
    private static final String TOPIC = "enrollment.created";

    private final EventRule rule =
            CatalogReader.read("tafta", Map.of()).rule(TOPIC, "main").orElseThrow();
    private final Job job = Job.first(
            "main:enrollment.created:20180126171756020665195",
            "main",
            TOPIC,
            Instant.ofEpochSecond(1_700_000_000, 123_456_789),
            false,
            "8f3a2b1c9d0e7f65",
            Samples.bytes(TOPIC));
    private final byte[] bytes = JobCodec.encode(job);

    @Benchmark
    public Object encodeJob() {
        return JobCodec.encode(job);
    }

    @Benchmark
    public Object decodeJob() {
        return JobCodec.decode(bytes);
    }

    /** Values and tags, without the rows that a rule may look up. */
    @Benchmark
    public Object plan() throws UnreadableException {
        return rule.tags(rule.read(job.body(), job.receivedAt()), List.of());
    }
}
