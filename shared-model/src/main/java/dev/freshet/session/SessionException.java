package dev.freshet.session;

/** The database did not do what was asked of it. Whether it was done after all nobody knows. */
public final class SessionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean mayPass;

    SessionException(String message, boolean mayPass, Exception cause) {
        super(message, cause);
        this.mayPass = mayPass;
    }

    /** Whether the same may work later, rather than after somebody has mended something. */
    public boolean mayPass() {
        return mayPass;
    }
}
