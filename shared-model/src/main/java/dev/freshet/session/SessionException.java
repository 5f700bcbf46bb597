package dev.freshet.session;

/** The database did not do what was asked of it. Whether it was done after all nobody knows. */
public final class SessionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean mayPass;
    private final boolean undone;

    /** @param undone whether it surely was not done */
    SessionException(String message, boolean mayPass, boolean undone, Exception cause) {
        super(message, cause);
        this.mayPass = mayPass;
        this.undone = undone;
    }

    /** Whether the same may work later, rather than after somebody has mended something. */
    public boolean mayPass() {
        return mayPass;
    }

    /** False when nobody knows. */
    boolean isUndone() {
        return undone;
    }
}
