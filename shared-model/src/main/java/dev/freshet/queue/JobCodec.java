package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A job as bytes: {@code ID LF header LF body}. The id stands first so that scripts need not parse; the header is one
 * line of JSON, times in nanoseconds since 1970; the body is as it came and is never looked into. Fields that this
 * version does not know are ignored, so that old and new processes can run side by side.
 */
final class JobCodec {
    static final int VERSION = 1;
    private static final int MAX_ERROR_LENGTH = 1_000;
    private static final long NANOS = 1_000_000_000L;
    private static final JsonFactory JSON = new JsonFactory();

    private JobCodec() {}

    static byte[] encode(Job job) {
        var bytes = new ByteArrayOutputStream(job.body().length + 320);
        bytes.writeBytes(job.id().getBytes(UTF_8));
        bytes.write('\n');
        try (var header = JSON.createGenerator(bytes).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            writeHeader(job, header);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        bytes.write('\n');
        bytes.writeBytes(job.body());
        return bytes.toByteArray();
    }

    /** @throws JobFormatException when the bytes are no job, or one of a newer version */
    static Job decode(byte[] bytes) {
        int header = lineAfter(bytes, 0);
        int body = lineAfter(bytes, header);
        var id = new String(bytes, 0, header - 1, UTF_8);
        try (var parser = JSON.createParser(bytes, header, body - 1 - header)) {
            return readHeader(id, parser, Arrays.copyOfRange(bytes, body, bytes.length));
        } catch (IOException | IllegalArgumentException | ArithmeticException e) {
            throw JobFormatException.broken("the header after its id is not a JSON object of a job");
        }
    }

    /** A job that carries bytes nobody can read, so that they can be kept as a dead letter. */
    static Job unreadable(byte[] bytes, Instant now) {
        var id = "unreadable:" + HexFormat.of().formatHex(Digest.sha256(bytes));
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

    private static void writeHeader(Job job, JsonGenerator header) throws IOException {
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
                writeAttempt(attempt, header);
            }
            header.writeEndArray();
        }
        header.writeEndObject();
    }

    private static void writeAttempt(Attempt attempt, JsonGenerator header) throws IOException {
        var error = attempt.error();
        header.writeStartObject();
        header.writeNumberField("at", nanos(attempt.at()));
        header.writeStringField("worker", attempt.worker());
        header.writeStringField("step", attempt.step());
        header.writeStringField(
                "error", error.length() > MAX_ERROR_LENGTH ? error.substring(0, MAX_ERROR_LENGTH) + "…" : error);
        header.writeEndObject();
    }

    private static Job readHeader(String id, JsonParser parser, byte[] body) throws IOException {
        require(parser.nextToken() == JsonToken.START_OBJECT);
        String site = "";
        String topic = "";
        String trace = "";
        var received = Instant.EPOCH;
        boolean awaited = false;
        int version = 0;
        List<Attempt> attempts = List.of();
        for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            switch (name) {
                case "v" -> version = version(id, parser);
                case "site" -> site = parser.getText();
                case "topic" -> topic = parser.getText();
                case "received" -> received = instant(parser.getLongValue());
                case "trace" -> trace = parser.getText();
                case "awaited" -> awaited = parser.getBooleanValue();
                case "attempts" -> attempts = readAttempts(parser);
                default -> parser.skipChildren();
            }
        }
        require(parser.currentToken() == JsonToken.END_OBJECT && version > 0);
        return new Job(id, site, topic, received, awaited, trace, attempts, body);
    }

    private static int version(String id, JsonParser parser) throws IOException {
        int version = parser.getIntValue();
        if (version > VERSION) {
            throw JobFormatException.newer(id, version);
        }
        return version;
    }

    private static List<Attempt> readAttempts(JsonParser parser) throws IOException {
        require(parser.currentToken() == JsonToken.START_ARRAY);
        var attempts = new ArrayList<Attempt>();
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            attempts.add(readAttempt(parser));
        }
        return attempts;
    }

    private static Attempt readAttempt(JsonParser parser) throws IOException {
        var at = Instant.EPOCH;
        String worker = "";
        String step = "";
        String error = "";
        for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            switch (name) {
                case "at" -> at = instant(parser.getLongValue());
                case "worker" -> worker = parser.getText();
                case "step" -> step = parser.getText();
                case "error" -> error = parser.getText();
                default -> parser.skipChildren();
            }
        }
        return new Attempt(at, worker, step, error);
    }

    private static void require(boolean condition) throws IOException {
        if (!condition) {
            throw new IOException("unexpected header");
        }
    }

    private static long nanos(Instant at) {
        return Math.addExact(Math.multiplyExact(at.getEpochSecond(), NANOS), at.getNano());
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }
}
