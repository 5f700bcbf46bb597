package dev.freshet.worker.view;

import dev.freshet.db.Failure;
import dev.freshet.view.ViewFunctionException;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A view's value could not be made: by the database, or by a function. */
public final class LoadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Failure failure;

    LoadException(String view, Failure failure, String reason, @Nullable Throwable cause) {
        super("cannot load view " + view + ": " + reason, cause);
        this.failure = failure;
    }

    /** Whether it may work later. */
    public Failure failure() {
        return failure;
    }

    /** What a function says to whoever asked for what can be none; empty when it is not their fault. */
    Optional<String> refusal() {
        return getCause() instanceof ViewFunctionException e && e.isRefusal()
                ? Optional.of(String.valueOf(e.getMessage()))
                : Optional.empty();
    }

    /** Whether the statement took longer than the database allows: SQLSTATE query_canceled. */
    boolean isTimeout() {
        return getCause() instanceof SQLException e && "57014".equals(e.getSQLState());
    }
}
