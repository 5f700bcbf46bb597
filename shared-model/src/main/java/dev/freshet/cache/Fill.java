package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.time.Instant;
import java.util.List;

/**
 * The right to load one key and store the result, while its epochs stand. Only after it was given may the load open its
 * database snapshot.
 */
public final class Fill {
    private final String key;
    final List<Tag> tags;
    final List<String> epochs;
    final String token;
    final String runId;
    private final Instant begunAt;
    private final long begunNanos = System.nanoTime();

    Fill(String key, List<Tag> tags, List<String> epochs, String token, String runId, Instant begunAt) {
        this.key = key;
        this.tags = tags;
        this.epochs = epochs;
        this.token = token;
        this.runId = runId;
        this.begunAt = begunAt;
    }

    public String key() {
        return key;
    }

    /** When the load was allowed, by Redis' clock: its data is not older. */
    public Instant begunAt() {
        return begunAt;
    }

    /** Redis' clock as it stands now, reckoned from begin, so that a host's wrong clock does not matter. */
    Instant now() {
        return begunAt.plusNanos(System.nanoTime() - begunNanos);
    }

    Stored stored(Entry entry, Lifetime lifetime) {
        boolean hasGrace = lifetime.grace().isPositive();
        boolean stale = lifetime.staleAfterInvalidate();
        return new Stored(token, now(), runId, tags, epochs, lifetime.hotFor(), hasGrace, stale, entry);
    }
}
