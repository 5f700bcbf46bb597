package dev.freshet.catalog;

/** A delivery that its rule cannot understand; trying again helps nobody. The message holds nothing of the body. */
public final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnreadableException(String message) {
        super(message);
    }
}
