package dev.freshet.catalog;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the body of a captured change: <code>{"rows":[{"user_id":7}]}</code>, or <code>{"rows":null}</code>. */
final class CapturedRows {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private CapturedRows() {}

    /**
     * @return empty when anything may have changed: nothing was written down, or by triggers of another catalog, which left
     *     out one of these names
     * @throws IOException when the body is no JSON
     */
    static Optional<List<Map<String, @Nullable String>>> read(byte[] body, Collection<String> names)
            throws IOException {
        var rows = JSON.readTree(body).path("rows");
        if (!rows.isArray()) {
            return Optional.empty();
        }
        var result = new ArrayList<Map<String, @Nullable String>>();
        for (var row : rows) {
            if (!names.stream().allMatch(row::has)) {
                return Optional.empty();
            }
            result.add(values(row, names));
        }
        return Optional.of(result);
    }

    private static Map<String, @Nullable String> values(JsonNode row, Collection<String> names) {
        var values = new LinkedHashMap<String, @Nullable String>();
        for (var name : names) {
            var value = row.path(name);
            values.put(name, value.isNull() ? null : text(value));
        }
        return values;
    }

    /** A number as PostgreSQL writes it. */
    private static String text(JsonNode value) {
        return value.isBigDecimal() ? value.decimalValue().toPlainString() : Pointer.text(value);
    }
}
