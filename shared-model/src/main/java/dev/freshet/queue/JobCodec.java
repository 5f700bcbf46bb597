package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A job as bytes: {@code ID LF header LF body}. The id stands first so that scripts need not parse; the header is one
 * line of JSON, times in nanoseconds since 1970; the body is as it came and is never looked into. Fields that this
 * version does not know are ignored, so that old and new processes can run side by side.
 */
public final class JobCodec {
    static final int VERSION = 1;
    private static final int MAX_ERROR_LENGTH = 1_000;
    private static final long NANOS = 1_000_000_000L;
    private static final JsonMapper JSON = new JsonMapper();

    private JobCodec() {}

    public static byte[] encode(Job job) {
        var bytes = new ByteArrayOutputStream(job.body().length + 320);
        bytes.writeBytes((job.id() + "\n" + header(job) + "\n").getBytes(UTF_8));
        bytes.writeBytes(job.body());
        return bytes.toByteArray();
    }

    /** @throws JobFormatException when the bytes are no job, or one of a newer version */
    public static Job decode(byte[] bytes) {
        int header = lineAfter(bytes, 0);
        int body = lineAfter(bytes, header);
        var id = new String(bytes, 0, header - 1, UTF_8);
        try (var parser = JSON.createParser(bytes, header, body - 1 - header)) {
            var fields = Header.read(parser);
            if (fields.version > VERSION) {
                throw JobFormatException.newer(id, fields.version);
            }
            require(fields.version > 0 && fields.isUnderstood);
            return fields.job(id, Arrays.copyOfRange(bytes, body, bytes.length));
        } catch (IOException | IllegalArgumentException e) {
            throw JobFormatException.broken("the header after its id is not a JSON object of a job");
        }
    }

    /** A job that carries bytes nobody can read, so that they can be kept as a dead letter. */
    public static Job unreadable(byte[] bytes, Instant now) {
        var id = "unreadable:" + Sha256.hex(bytes);
        return Job.first(id, "", "", now, false, "", bytes);
    }

    private static int lineAfter(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        throw JobFormatException.broken("it has no header");
    }

    private static ObjectNode header(Job job) {
        var header = JSON.createObjectNode()
                .put("v", VERSION)
                .put("site", job.site())
                .put("topic", job.topic())
                .put("received", nanos(job.receivedAt()))
                .put("trace", job.trace());
        if (job.awaited()) {
            header.put("awaited", true);
        }
        if (!job.attempts().isEmpty()) {
            var attempts = header.putArray("attempts");
            for (var attempt : job.attempts()) {
                var error = attempt.error();
                attempts.addObject()
                        .put("at", nanos(attempt.at()))
                        .put("worker", attempt.worker())
                        .put("step", attempt.step())
                        .put(
                                "error",
                                error.length() > MAX_ERROR_LENGTH ? error.substring(0, MAX_ERROR_LENGTH) + "…" : error);
            }
        }
        return header;
    }

    /** The line of JSON, as it is read: one pass, since every claim reads hundreds. */
    private static final class Header {
        private int version;
        private String site = "";
        private String topic = "";
        private Instant received = Instant.EPOCH;
        private boolean awaited;
        private String trace = "";
        private List<Attempt> attempts = List.of();
        /** Whether no field has another form than here; only what a newer version wrote may have. */
        private boolean isUnderstood = true;

        static Header read(JsonParser parser) throws IOException {
            var header = new Header();
            require(parser.nextToken() == JsonToken.START_OBJECT);
            for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                header.field(name, parser);
                parser.skipChildren();
            }
            return header;
        }

        private void field(String name, JsonParser parser) throws IOException {
            switch (name) {
                case "v" -> version = version(parser);
                case "site" -> site = parser.getValueAsString("");
                case "topic" -> topic = parser.getValueAsString("");
                case "received" -> received = instant(parser);
                case "awaited" -> awaited = parser.getValueAsBoolean();
                case "trace" -> trace = parser.getValueAsString("");
                case "attempts" -> attempts = attempts(parser);
                default -> {}
            }
        }

        private Instant instant(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || isTooLarge(parser)) {
                isUnderstood = false;
                return Instant.EPOCH;
            }
            return JobCodec.instant(parser.getLongValue());
        }

        private static int version(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                return 0;
            }
            return isTooLarge(parser) ? Integer.MAX_VALUE : Math.clamp(parser.getLongValue(), 0, Integer.MAX_VALUE);
        }

        private static boolean isTooLarge(JsonParser parser) throws IOException {
            return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER;
        }

        private List<Attempt> attempts(JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                isUnderstood = false;
                return List.of();
            }
            var all = new ArrayList<Attempt>();
            for (var attempt : JSON.<JsonNode>readTree(parser)) {
                var at = attempt.path("at");
                isUnderstood &= at.isMissingNode() || at.canConvertToLong();
                all.add(new Attempt(
                        JobCodec.instant(at.asLong()),
                        attempt.path("worker").asText(),
                        attempt.path("step").asText(),
                        attempt.path("error").asText()));
            }
            return all;
        }

        Job job(String id, byte[] body) {
            return new Job(id, site, topic, received, awaited, trace, attempts, body);
        }
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException("unexpected header");
        }
    }

    private static long nanos(Instant at) {
        return Math.addExact(Math.multiplyExact(at.getEpochSecond(), NANOS), at.getNano());
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }
}
