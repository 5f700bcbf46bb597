package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
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
    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .recyclerPool(JsonRecyclerPools.sharedBoundedPool()) // threads are too short-lived to keep buffers
            .build();

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

    /** As text: half a character, where an error was cut, must not keep a job from being written. */
    private static String header(Job job) {
        var text = new StringWriter(256);
        try (var header = JSON.createGenerator(text)) {
            write(job, header);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(Job job, JsonGenerator header) throws IOException {
        header.writeStartObject();
        header.writeNumberField("v", VERSION);
        header.writeStringField("site", job.site());
        header.writeStringField("topic", job.topic());
        header.writeNumberField("received", nanos(job.receivedAt()));
        header.writeStringField("trace", job.trace());
        if (job.awaited()) {
            header.writeBooleanField("awaited", true);
        }
        if (!job.attempts().isEmpty()) {
            header.writeArrayFieldStart("attempts");
            for (var attempt : job.attempts()) {
                write(attempt, header);
            }
            header.writeEndArray();
        }
        header.writeEndObject();
    }

    private static void write(Attempt attempt, JsonGenerator header) throws IOException {
        var error = attempt.error();
        header.writeStartObject();
        header.writeNumberField("at", nanos(attempt.at()));
        header.writeStringField("worker", attempt.worker());
        header.writeStringField("step", attempt.step());
        header.writeStringField(
                "error", error.length() > MAX_ERROR_LENGTH ? error.substring(0, MAX_ERROR_LENGTH) + "…" : error);
        header.writeEndObject();
    }

    /** Only what failed before needs one; to load it takes a tenth of a second. */
    private static final class Trees {
        static final JsonMapper JSON = new JsonMapper();
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
            for (var attempt : Trees.JSON.<JsonNode>readTree(parser)) {
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
