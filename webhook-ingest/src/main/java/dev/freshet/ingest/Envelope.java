package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.freshet.model.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the outside of a delivery says: its id and what happened. Read streaming; the payload is passed over and never
 * becomes objects. A field that stands there twice is refused rather than guessed.
 */
sealed interface Envelope {
    /**
     * @param id empty when the sender gave none; otherwise 1 to {@value #MAX_ID} printable ASCII characters, where a
     *     longer or stranger one, or one that may be an e-mail address, is replaced by its digest
     * @param topic such as {@code enrollment.created}, printable ASCII without colon and @
     */
    record Legible(Optional<String> id, String topic) implements Envelope {}

    /** @param reason what is wrong and where, without a word of the body */
    record Illegible(String reason) implements Envelope {}

    /** Together with the name of a site they must fit into a job's id. */
    int MAX_ID = 90;

    int MAX_TOPIC = 96;

    /** Reads a body; never throws, whatever its bytes are. */
    static Envelope read(byte[] body) {
        var fields = new HashMap<String, String>();
        var problem = Reader.walk(body, fields);
        return problem.isPresent() ? new Illegible(problem.get()) : Reader.finish(fields);
    }

    /** What keeps a body from being one JSON object; empty when it is one. */
    static Optional<String> problem(byte[] body) {
        return Reader.walk(body, null);
    }

    /** An id as it stands, or its digest when it is too long, too strange, or a person's address: ids are shown and kept. */
    static String shortId(String id) {
        return Reader.isPrintable(id, MAX_ID) && !id.contains("@") ? id : Sha256.hex(id.getBytes(UTF_8));
    }

    /** The pass over one body. */
    final class Reader {
        private static final Set<String> FIELDS = Set.of("id", "resource", "action", "topic");
        private static final int MAX_DEPTH = 200;
        private static final JsonFactory JSON = new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(RequestBody.MAX_BYTES)
                        .maxNumberLength(RequestBody.MAX_BYTES) // only ever taken as text, so that length costs nothing
                        .build())
                .recyclerPool(JsonRecyclerPools.sharedBoundedPool()) // threads are too short-lived to keep buffers
                .build();

        private Reader() {}

        /** @return what is wrong with the body; empty when nothing is, and {@code fields} are filled */
        private static Optional<String> walk(byte[] body, @Nullable Map<String, String> fields) {
            try (var parser = JSON.createParser(body)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    return Optional.of("the body is not a JSON object");
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    var problem = take(parser, fields);
                    if (problem.isPresent()) {
                        return problem;
                    }
                }
                return parser.nextToken() == null ? Optional.empty() : Optional.of("something follows the JSON object");
            } catch (JsonProcessingException e) {
                return Optional.of(where(e));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read from memory", e);
            }
        }

        private static Optional<String> take(JsonParser parser, @Nullable Map<String, String> fields)
                throws IOException {
            var field = parser.currentName();
            var token = parser.nextToken();
            if (fields == null || token == JsonToken.VALUE_NULL || !FIELDS.contains(field)) {
                parser.skipChildren();
                return Optional.empty();
            }
            boolean number = token == JsonToken.VALUE_NUMBER_INT && field.equals("id");
            if (token != JsonToken.VALUE_STRING && !number) {
                return Optional.of(field + " is not a text");
            }
            boolean again = fields.put(field, parser.getText()) != null;
            return again ? Optional.of(field + " stands there twice") : Optional.empty();
        }

        private static Envelope finish(Map<String, String> fields) {
            var topic = topic(fields);
            if (topic.isEmpty()) {
                return new Illegible("neither resource and action nor topic say what happened");
            }
            boolean ambiguous = topic.contains(":"); // two deliveries could get one job's id
            if (!isPrintable(topic, MAX_TOPIC) || ambiguous || topic.contains("@")) { // topics are logged
                return new Illegible(
                        "the topic is not 1 to " + MAX_TOPIC + " printable ASCII characters, no colon, no @");
            }
            var id = Optional.ofNullable(fields.get("id")).filter(text -> !text.isEmpty());
            return new Legible(id.map(Envelope::shortId), topic);
        }

        private static String topic(Map<String, String> fields) {
            var resource = fields.getOrDefault("resource", "");
            var action = fields.getOrDefault("action", "");
            if (resource.isEmpty() || action.isEmpty()) {
                return fields.getOrDefault("topic", "");
            }
            // deliveries use both spellings for one topic
            return resource + "." + (action.equals("canceled") ? "cancelled" : action);
        }

        private static boolean isPrintable(String text, int max) {
            return text.length() <= max && text.chars().allMatch(c -> c > ' ' && c < 127);
        }

        private static String where(JsonProcessingException e) {
            var location = e.getLocation();
            return "not JSON" + (location == null ? "" : " at byte " + location.getByteOffset());
        }
    }
}
