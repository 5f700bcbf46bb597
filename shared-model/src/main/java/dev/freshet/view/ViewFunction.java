package dev.freshet.view;

import java.util.Map;
import java.util.Optional;

/**
 * Makes the values of views that are not SQL. Found through {@link java.util.ServiceLoader}: public, with a public constructor
 * without parameters, named in {@code META-INF/services/dev.freshet.view.ViewFunction}. One instance serves every view that
 * names it, from several threads at once.
 */
public interface ViewFunction {
    /** What catalogs call it by: {@code function: scorm-manifest}. The same each time, and no other function's. */
    String name();

    /**
     * Looks at a view's options before it is served, so that what is wrong shows at the start.
     *
     * @param options as the catalog has them; empty for none
     * @throws IllegalArgumentException naming the option that is missing, wrong or unknown, and what would be right
     */
    default void check(Map<String, String> options) {}

    /**
     * Makes one value. It has 15 seconds; then its thread is interrupted and the answer thrown away.
     *
     * @param values the view's parameters as they were asked for, by name
     * @param options as {@link #check} saw them
     * @return JSON in UTF-8; empty when there is no such thing
     * @throws ViewFunctionException when there may be such a thing and it cannot be told
     * @throws InterruptedException when it was interrupted
     */
    Optional<byte[]> load(Map<String, String> values, Map<String, String> options)
            throws ViewFunctionException, InterruptedException;
}
