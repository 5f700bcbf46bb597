package dev.freshet.cache;

/**
 * Thrown by a loader that was not allowed to begin for this caller. It is neither a load nor an error, and others may load
 * the same key at once.
 */
public class LoadNotBegun extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Without a stack: it is an answer. */
    protected LoadNotBegun(String message) {
        super(message, null, false, false);
    }
}
