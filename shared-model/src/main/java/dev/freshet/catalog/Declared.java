package dev.freshet.catalog;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a section declares, by name and in the order of the file. What could not be read is declared all the same: it was
 * reported, and whoever names it is not wrong.
 *
 * @param entries empty for what was reported
 */
record Declared<T>(Map<String, Optional<T>> entries) {

    Set<String> names() {
        return entries.keySet();
    }

    /** Empty for what is not declared, and for what was reported. */
    Optional<T> find(String name) {
        return entries.getOrDefault(name, Optional.empty());
    }

    boolean isReported(String name) {
        return entries.containsKey(name) && find(name).isEmpty();
    }

    /** Without what was reported. */
    Map<String, T> read() {
        var read = new LinkedHashMap<String, T>();
        entries.forEach((name, value) -> value.ifPresent(found -> read.put(name, found)));
        return Collections.unmodifiableMap(read);
    }
}
