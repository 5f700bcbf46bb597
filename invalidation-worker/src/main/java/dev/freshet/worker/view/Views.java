package dev.freshet.worker.view;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Standing;
import dev.freshet.catalog.View;
import java.util.Map;

/** The catalog's views, to be read. */
public interface Views {
    /**
     * Reads a view.
     *
     * @param values from {@link View#parse}
     * @param mayLoad called before it is loaded from the database; what it throws counts as a load that failed
     * @throws LoadException when it must be loaded and cannot, and nothing can stand in
     */
    Cached get(View view, Map<String, String> values, Runnable mayLoad);

    /**
     * Reads places of a view that is a board.
     *
     * @param values from {@link View#parse}
     * @param mayLoad called before anything is loaded from the database; what it throws counts as a load that failed
     * @throws LoadException when it must be loaded and cannot, and nothing can stand in
     */
    Standing standing(View view, Map<String, String> values, BoardRange range, Runnable mayLoad);

    /** Reads a view that may be loaded as often as it must. */
    default Cached get(View view, Map<String, String> values) {
        return get(view, values, () -> {});
    }
}
