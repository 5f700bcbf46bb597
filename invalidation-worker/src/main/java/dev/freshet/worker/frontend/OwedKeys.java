package dev.freshet.worker.frontend;

/** The names of all keys of the front ends; those of one front end share a slot. */
record OwedKeys(String prefix) {
    /** Numbers what is recorded, never the same twice. */
    String numbers(String frontEnd) {
        return key(frontEnd, "numbers");
    }

    /** Sorted set: name of each instance → when it was last seen, in milliseconds. */
    String instances(String frontEnd) {
        return key(frontEnd, "instances");
    }

    /** Another text whenever an instance comes or is forgotten. */
    String generation(String frontEnd) {
        return key(frontEnd, "generation");
    }

    /** Sorted set: member → when it is due, in milliseconds. */
    String owed(String frontEnd, String instance) {
        return key(frontEnd, "owed:" + instance);
    }

    /** Hash: member → {@code number received version}, with {@code c} behind the number once confirmed. */
    String counters(String frontEnd, String instance) {
        return key(frontEnd, "counters:" + instance);
    }

    /** Hash: who is telling, when the next call may be, which process answered, and how the last calls ended. */
    String state(String frontEnd, String instance) {
        return key(frontEnd, "state:" + instance);
    }

    /** Sorted set: page that an instance confirmed → when it is looked at, in milliseconds. */
    String proofs(String frontEnd, String instance) {
        return key(frontEnd, "proofs:" + instance);
    }

    /** Hash: such a page → what was confirmed, as in {@link #counters}. */
    String proving(String frontEnd, String instance) {
        return key(frontEnd, "proving:" + instance);
    }

    /** Hash: page that was not fresh → {@code times seen}; under no name the last one that nobody could read. */
    String stale(String frontEnd, String instance) {
        return key(frontEnd, "stale:" + instance);
    }

    private String key(String frontEnd, String rest) {
        return prefix + ":{o:" + frontEnd + "}:" + rest;
    }
}
