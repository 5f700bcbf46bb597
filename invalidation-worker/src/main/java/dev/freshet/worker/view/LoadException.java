package dev.freshet.worker.view;

import dev.freshet.db.Failure;
import java.sql.SQLException;

/** A view could not be loaded from the database. */
public final class LoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Failure failure;

    LoadException(String view, Failure failure, String reason, Throwable cause) {
        super("cannot load view " + view + ": " + reason, cause);
        this.failure = failure;
    }

    /** Whether it may work later. */
    public Failure failure() {
        return failure;
    }

    /** Whether the statement took longer than the database allows: SQLSTATE query_canceled. */
    boolean isTimeout() {
        return getCause() instanceof SQLException e && "57014".equals(e.getSQLState());
    }
}
