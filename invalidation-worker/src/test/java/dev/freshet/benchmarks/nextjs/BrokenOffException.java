package dev.freshet.benchmarks.nextjs;

/** The benchmark cannot go on; the message is for the person who started it. */
final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenOffException(String message) {
        super(message);
    }
}
