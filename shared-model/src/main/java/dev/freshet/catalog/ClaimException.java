package dev.freshet.catalog;

/** A token is genuine, but what it says of its holder does not let them read this. Messages hold no value of a claim. */
public final class ClaimException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean missing;

    private ClaimException(boolean missing, String message) {
        super(message);
        this.missing = missing;
    }

    /** The token does not say it, or not as one value. */
    public static ClaimException missing(String claim) {
        return new ClaimException(true, "the token does not say " + claim + "; it must, as one value");
    }

    /** The token says something else than what is allowed. */
    public static ClaimException refused(String claim, String expected) {
        return new ClaimException(
                false, "what the token says as " + claim + " is not allowed here; it must be " + expected);
    }

    /** Whether the claim is not there, rather than there with another value. */
    public boolean isMissing() {
        return missing;
    }
}
