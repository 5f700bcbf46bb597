package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * What a worker says of itself every few seconds.
 *
 * @param name random per start
 * @param host the machine it runs on
 * @param pid its process
 * @param startedAt by its own clock
 * @param at when it said so, by its own clock
 * @param claimed jobs it holds now
 * @param done jobs it has done since it started
 * @param pausedReason why it claims nothing; empty when it does
 */
public record WorkerBeat(
        String name,
        String host,
        long pid,
        Instant startedAt,
        Instant at,
        long claimed,
        long done,
        Optional<String> pausedReason) {
    private static final ObjectMapper JSON = new ObjectMapper();

    byte[] encode() {
        var fields = JSON.createObjectNode()
                .put("name", name)
                .put("host", host)
                .put("pid", pid)
                .put("startedAt", startedAt.toString())
                .put("at", at.toString())
                .put("claimed", claimed)
                .put("done", done)
                .put("paused", pausedReason.orElse(null));
        return fields.toString().getBytes(UTF_8);
    }

    static WorkerBeat decode(byte[] bytes) {
        try {
            var fields = JSON.readTree(bytes);
            return new WorkerBeat(
                    fields.path("name").asText(),
                    fields.path("host").asText(),
                    fields.path("pid").asLong(),
                    Instant.parse(fields.path("startedAt").asText()),
                    Instant.parse(fields.path("at").asText()),
                    fields.path("claimed").asLong(),
                    fields.path("done").asLong(),
                    Optional.ofNullable(fields.path("paused").textValue()));
        } catch (IOException | java.time.DateTimeException e) {
            throw new IllegalStateException("a worker's beat is not what this version writes", e);
        }
    }
}
