package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.freshet.catalog.Place;
import dev.freshet.catalog.Pointer;
import dev.freshet.model.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
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

    /**
     * Reads a body; never throws, whatever its bytes are.
     *
     * @param form where it says what
     * @param headers what the headers say
     */
    static Envelope read(byte[] body, Form form, Map<Place, String> headers) {
        var reader = new Reader(form, headers);
        return reader.walk(body).<Envelope>map(Illegible::new).orElseGet(reader::finish);
    }

    /** What keeps a body from being one JSON object; empty when it is one. */
    static Optional<String> problem(byte[] body) {
        return new Reader(Form.NONE, Map.of()).walk(body);
    }

    /** An id as it stands, or its digest when it is too long, too strange, or a person's address: ids are shown and kept. */
    static String shortId(String id) {
        return Reader.isPrintable(id, MAX_ID) && !id.contains("@") ? id : Sha256.hex(id.getBytes(UTF_8));
    }

    /** The pass over one body. */
    final class Reader {
        private static final int MAX_DEPTH = 200;
        private static final JsonFactory JSON = new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(RequestBody.MAX_BYTES)
                        .maxNumberLength(RequestBody.MAX_BYTES) // only ever taken as text, so that length costs nothing
                        .build())
                .recyclerPool(JsonRecyclerPools.sharedBoundedPool()) // threads are too short-lived to keep buffers
                .build();

        private final Form form;
        private final Map<Place, String> said;

        private Reader(Form form, Map<Place, String> headers) {
            this.form = form;
            this.said = new HashMap<>(headers);
        }

        /** @return what is wrong with the body; empty when nothing is, and what it says is known */
        private Optional<String> walk(byte[] body) {
            try (var parser = JSON.createParser(body)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    return Optional.of("the body is not a JSON object");
                }
                var problem = object(parser, form.fields().toArray(JsonPointer[]::new));
                if (problem.isPresent()) {
                    return problem;
                }
                return parser.nextToken() == null ? Optional.empty() : Optional.of("something follows the JSON object");
            } catch (JsonProcessingException e) {
                return Optional.of(where(e));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read from memory", e);
            }
        }

        /**
         * What leads to a field that is looked for may stand there only once.
         *
         * @param asked what leads to each field of the form within this object; null for one that is elsewhere
         */
        private Optional<String> object(JsonParser parser, @Nullable JsonPointer[] asked) throws IOException {
            var passed = new HashSet<String>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                var token = parser.nextToken();
                var inside = token == JsonToken.VALUE_NULL ? null : Pointer.below(asked, name);
                if (inside == null) {
                    parser.skipChildren();
                    continue;
                }
                var problem = passed.add(name) ? value(parser, inside) : twice(inside);
                if (problem.isPresent()) {
                    return problem;
                }
            }
            return Optional.empty();
        }

        private Optional<String> twice(@Nullable JsonPointer[] inside) {
            int first = 0;
            while (inside[first] == null) {
                first++;
            }
            return Optional.of("what leads to " + form.fields().get(first) + " stands there twice");
        }

        private Optional<String> value(JsonParser parser, @Nullable JsonPointer[] inside) throws IOException {
            boolean ends = false;
            for (int i = 0; i < inside.length; i++) {
                var rest = inside[i];
                if (rest != null && rest.matches()) {
                    ends = true;
                    var field = form.fields().get(i);
                    boolean number = parser.hasToken(JsonToken.VALUE_NUMBER_INT) && form.isId(field);
                    if (!parser.hasToken(JsonToken.VALUE_STRING) && !number) {
                        return Optional.of(field + " is not a text");
                    }
                    said.put(new Place.Field(field), parser.getText());
                }
            }
            if (!ends && parser.hasToken(JsonToken.START_OBJECT)) {
                return object(parser, inside);
            }
            parser.skipChildren();
            return Optional.empty();
        }

        private Envelope finish() {
            var topic = form.topic(said).orElse("");
            if (topic.isEmpty()) {
                return new Illegible("nothing says what happened: " + form);
            }
            boolean ambiguous = topic.contains(":"); // two deliveries could get one job's id
            if (!isPrintable(topic, MAX_TOPIC) || ambiguous || topic.contains("@")) { // topics are logged
                return new Illegible(
                        "the topic is not 1 to " + MAX_TOPIC + " printable ASCII characters, no colon, no @");
            }
            return new Legible(form.id(said).map(Envelope::shortId), topic);
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
