package dev.freshet.benchmarks.queue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.Npm;
import dev.freshet.benchmarks.tools.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** BullMQ on the same Redis, in a database of its own there. */
final class BullMq {
    private static final Map<String, String> PACKAGES = Map.of("bullmq", "6.7.0", "ioredis", "5.8.2");
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final JsonMapper JSON = new JsonMapper();

    private final Path script;
    private final int port;

    private BullMq(Path script, int port) {
        this.script = script;
        this.port = port;
    }

    /** Empty, with a line that says why, where it cannot be had. */
    static Optional<BullMq> on(int port) throws IOException, InterruptedException {
        return Npm.install("bullmq.mjs", PACKAGES).map(script -> new BullMq(script, port));
    }

    /** Jobs a second of one worker, from the moment in which all of them stand in the queue. */
    double process(int jobs, int concurrency) throws IOException, InterruptedException {
        return run("process", jobs, concurrency).get("perSecond").asDouble();
    }

    /** Microseconds from when a job was due to be added until the worker has it. */
    List<Double> pickup(int jobs, int perSecond) throws IOException, InterruptedException {
        return JSON.convertValue(
                run("pickup", jobs, perSecond).get("micros"),
                JSON.getTypeFactory().constructCollectionType(List.class, Double.class));
    }

    private JsonNode run(String what, int jobs, int number) throws IOException, InterruptedException {
        var log = Mode.folder().resolve("bullmq.log");
        Files.deleteIfExists(log);
        var body = Files.writeString(Mode.folder().resolve("body.json"), Bodies.text(0));
        Programs.run(
                LONGEST,
                Objects.requireNonNull(script.getParent()),
                log,
                Map.of(),
                "node",
                script.toString(),
                what,
                Integer.toString(port),
                Integer.toString(jobs),
                Integer.toString(number),
                body.toString());
        var lines = Files.readAllLines(log);
        return JSON.readTree(lines.getLast());
    }
}
