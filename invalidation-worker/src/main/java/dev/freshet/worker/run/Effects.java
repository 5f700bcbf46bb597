package dev.freshet.worker.run;

import dev.freshet.model.Tag;
import java.util.LinkedHashSet;
import java.util.Set;

/** The tags and the paths of pages that changes made stale. */
record Effects(Set<Tag> tags, Set<String> paths) {

    static Effects none() {
        return new Effects(new LinkedHashSet<>(), new LinkedHashSet<>());
    }

    boolean isEmpty() {
        return tags.isEmpty() && paths.isEmpty();
    }

    void add(Effects other) {
        tags.addAll(other.tags);
        paths.addAll(other.paths);
    }

    /** What is here and not there. */
    Effects without(Effects other) {
        var rest = none();
        rest.add(this);
        rest.tags.removeAll(other.tags);
        rest.paths.removeAll(other.paths);
        return rest;
    }
}
