package dev.freshet.session;

import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one user's visit.
 *
 * @param owner whose it is, as the application names them; empty for nobody's
 * @param data the application's, never changed by whoever holds it
 * @param expires when it ends unless it is extended
 * @param ends when it ends however often it is extended
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode below look into the data
public record Session(String owner, byte[] data, Instant created, Instant expires, Instant ends) {

    boolean isAlive(Instant now) {
        return now.isBefore(expires) && now.isBefore(ends);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Session session
                && owner.equals(session.owner)
                && created.equals(session.created)
                && expires.equals(session.expires)
                && ends.equals(session.ends)
                && Arrays.equals(data, session.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(owner, created);
    }

    /** Leaves out whose it is and what it holds. */
    @Override
    public String toString() {
        return "session of " + data.length + " bytes until " + expires;
    }
}
