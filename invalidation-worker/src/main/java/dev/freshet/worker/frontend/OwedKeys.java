package dev.freshet.worker.frontend;

/** The names of all keys of the front ends; those of one front end share a slot. */
record OwedKeys(String prefix) {
    /** Numbers what is recorded, never the same twice. */
    String numbers(String frontEnd) {
        return key(frontEnd, "numbers");
    }

    /** Sorted set: member → when it is due, in milliseconds. */
    String owed(Instance instance) {
        return key(instance.frontEnd(), "owed:" + instance.name());
    }

    /** Hash: member → number of the change it is owed for, with {@code c} behind it once confirmed. */
    String counters(Instance instance) {
        return key(instance.frontEnd(), "counters:" + instance.name());
    }

    /** Hash: who is telling, when the next call may be, and how the last ones ended. */
    String state(Instance instance) {
        return key(instance.frontEnd(), "state:" + instance.name());
    }

    private String key(String frontEnd, String rest) {
        return prefix + ":{o:" + frontEnd + "}:" + rest;
    }
}
