package dev.freshet.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a change of a table's rows means, whoever makes it.
 *
 * @param table as the catalog names it: {@code runs}, or {@code sales.orders} where its schema is not {@code public}
 * @param columns an update that changes none of these, and no value of {@code with}, counts as none; empty: every update
 *     counts
 * @param with by name an SQL expression on the row
 * @param rule what to do; its topic is {@code changes.runs}
 * @param line where it stands in the catalog
 */
public record TableChange(String table, Set<String> columns, Map<String, String> with, EventRule rule, int line) {
    /** What topics of captured changes begin with. */
    public static final String TOPIC = "changes.";

    public TableChange {
        columns = Collections.unmodifiableSet(new LinkedHashSet<>(columns));
        with = Collections.unmodifiableMap(new LinkedHashMap<>(with));
    }

    /** As PostgreSQL has it. */
    public String schema() {
        return dot() < 0 ? "public" : table.substring(0, dot());
    }

    /** As PostgreSQL has it, without the schema. */
    public String name() {
        return table.substring(dot() + 1);
    }

    private int dot() {
        return table.indexOf('.');
    }
}
