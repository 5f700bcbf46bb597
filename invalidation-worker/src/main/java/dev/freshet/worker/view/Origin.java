package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Optional;

/** What a cached value was loaded from, written beside it so that a re-warm can load it again. */
record Origin(String view, Map<String, String> params) {
    private static final JsonMapper JSON = new JsonMapper();

    String encode() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("text can always be written as JSON", e);
        }
    }

    /** @return empty when it is none of ours: the cache may hold other values too */
    static Optional<Origin> decode(String text) {
        try {
            return Optional.of(JSON.readValue(text, Origin.class)).filter(o -> o.view != null && o.params != null);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
