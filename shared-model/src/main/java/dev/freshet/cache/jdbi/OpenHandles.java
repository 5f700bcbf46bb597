package dev.freshet.cache.jdbi;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleListener;
import org.jdbi.v3.core.transaction.TransactionException;

/**
 * The handles that each thread has open. Asking a method's own handle whether it is in a transaction would open a
 * connection for every read, hits too.
 */
final class OpenHandles implements HandleListener {
    private final ThreadLocal<Set<Handle>> open =
            ThreadLocal.withInitial(() -> Collections.newSetFromMap(new IdentityHashMap<>()));

    @Override
    public void handleCreated(Handle handle) {
        open.get().removeIf(Handle::isClosed); // by another thread
        open.get().add(handle);
    }

    @Override
    public void handleClosed(Handle handle) {
        open.get().remove(handle);
        if (open.get().isEmpty()) {
            open.remove();
        }
    }

    /** Whether this thread has a transaction open. */
    boolean inTransaction() {
        return open.get().stream().anyMatch(OpenHandles::inTransaction);
    }

    private static boolean inTransaction(Handle handle) {
        try {
            return !handle.isClosed() && handle.isInTransaction();
        } catch (TransactionException e) {
            return false; // its connection is gone, and the transaction with it
        }
    }
}
