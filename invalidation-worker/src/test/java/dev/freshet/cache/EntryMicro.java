package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An entry of 1 KiB under two tags, as bytes and back. */
@State(Scope.Benchmark)
public class EntryMicro {
    private final Stored stored = new Stored(
            "0123456789012345678901",
            Instant.EPOCH,
            "0123456789abcdef0123456789abcdef01234567",
            List.of(new Tag("cohort:7"), new Tag("courses")),
            List.of("1700000000000000-5f3a", "1700000000000000-77b1"),
            Duration.ofMinutes(5),
            true,
            false,
            new Entry(
                    new byte[1_023],
                    false,
                    Instant.EPOCH,
                    Instant.EPOCH.plusSeconds(300),
                    Instant.EPOCH,
                    "{\"view\":\"enrollments\",\"cohortId\":\"7\"}",
                    "0123456789abcdef"));
    private final byte[] bytes = stored.encode();

    @Benchmark
    public Object encodeEntry() {
        return stored.encode();
    }

    @Benchmark
    public Object decodeEntry() {
        return Stored.decode(bytes);
    }
}
