package dev.freshet.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A member of a board, whose score may have changed.
 *
 * @param board the view
 * @param values of its parameters, as {@link View#parse} gives them
 */
public record Score(String board, Map<String, String> values, String member) {
    public Score {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Names the board alone: the rest may be personal. */
    @Override
    public String toString() {
        return "score of " + board;
    }
}
