package dev.freshet.benchmarks.tools;

/** The benchmark cannot go on; the message is for the person who started it. */
public final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BrokenOffException(String message) {
        super(message);
    }
}
