package dev.freshet.cache;

import java.time.Instant;

/**
 * What lies under a key.
 *
 * @param isCurrent whether no invalidation, and no restart of Redis, came since its load began
 */
record Found(Stored stored, boolean isCurrent) {

    /** Without grace Redis' own expiry decides, so that a host with a wrong clock still has its hits. */
    boolean isHit(Instant now) {
        return isCurrent && (!stored.hasGrace() || now.isBefore(stored.entry().softExpiry()));
    }

    /** Whether it may be answered, as stale, to a reader who would have to wait or would get nothing. */
    boolean mayStandIn(Lifetime lifetime) {
        return isCurrent || lifetime.staleAfterInvalidate();
    }

    /** The moment from which a hit is loaded again in the background. */
    Instant refreshDue(double fraction) {
        var entry = stored.entry();
        long ttl = entry.softExpiry().toEpochMilli() - entry.loadedAt().toEpochMilli();
        return entry.softExpiry().minusMillis((long) (ttl * fraction));
    }
}
