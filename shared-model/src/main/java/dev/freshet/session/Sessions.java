package dev.freshet.session;

import dev.freshet.cache.Absent;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.TypedCache;
import dev.freshet.db.Database;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of users. Each is a row that was committed before its token leaves, and is read from the cache: so nobody is
 * signed out because Redis restarts, is emptied or evicts, and while PostgreSQL is away those whose sessions are known
 * go on. It is worse to sign in somebody who has signed out than to ask the database once more.
 *
 * <p>What asks the database throws {@link SessionException} when it does not answer; then it may be done or not.
 */
public final class Sessions {
    /** Longest name of an owner, in characters. */
    public static final int MAX_OWNER = 256;

    private static final int PRUNED_AT_ONCE = 5_000;

    private static final Lifetime LIFETIME =
            new Lifetime(Duration.ofMinutes(5), Duration.ofHours(1), Duration.ZERO, 0.2, false);
    private static final Duration ABSENT = Duration.ofSeconds(5);
    /** Of the ttl: an extension that gains less is not worth a write. */
    private static final int WORTH = 20;

    private final SessionRows rows;
    private final SessionTokens tokens;
    private final SessionOptions options;
    private final Clock clock;
    private final @Nullable TypedCache<String, Session> cached;

    /** @param cache where they are read from; null for the database alone */
    public Sessions(@Nullable TagCache cache, Database database, SessionOptions options, Clock clock) {
        this.rows = new SessionRows(database, options.application());
        this.tokens = new SessionTokens(options.application(), options.secrets());
        this.options = options;
        this.clock = clock;
        this.cached = cache == null
                ? null
                : TypedCache.<String, Session>of(cache, "session", new SessionCodec())
                        .lifetime(LIFETIME)
                        .absent(Absent.cachedFor(ABSENT))
                        .build();
    }

    /** A new session with the token that stands for it, which is stored nowhere. */
    public record Created(String token, Session session) {
        /** Leaves the token out. */
        @Override
        public String toString() {
            return session.toString();
        }
    }

    /**
     * What was deleted.
     *
     * @param everywhere whether nobody can be served it any more. False when the cache's Redis is away for this process:
     *     others that reach it may serve what they know for up to five minutes, and longer only while PostgreSQL is away too
     */
    public record Deleted(int sessions, boolean everywhere) {}

    /**
     * @param owner empty for nobody's; of one owner the 100 latest are kept
     * @param data at most {@link SessionOptions#maxBytes()}
     * @throws IllegalArgumentException when owner or data are too long
     */
    public Created create(String owner, byte[] data) {
        requireFit(data);
        if (owner.length() > MAX_OWNER || owner.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("an owner has at most " + MAX_OWNER + " characters");
        }
        var token = tokens.create();
        var digest = tokens.digest(token).orElseThrow();
        var now = now();
        var ends = now.plus(options.longest());
        var session = new Session(owner, data.clone(), now, earlier(now.plus(options.ttl()), ends), ends);
        remove(rows.insert(digest, session));
        if (cached != null) {
            cached.set(digest, session); // nobody else has its token yet, so nothing can come between
        }
        return new Created(token, session);
    }

    /** @return empty when nobody here has signed the token, and when the session is over */
    public Optional<Session> get(String token) {
        return tokens.digest(token).flatMap(this::find);
    }

    /**
     * Replaces the data.
     *
     * @return false when there is no such session
     * @throws IllegalArgumentException when the data is too long
     */
    public boolean put(String token, byte[] data) {
        requireFit(data);
        return tokens.digest(token)
                .filter(digest -> changing(digest, () -> rows.update(digest, data, now())))
                .isPresent();
    }

    /**
     * Lets a session live for another ttl, but not beyond its longest. Writes only where it gains more than a twentieth of the
     * ttl, so it may be called with each request.
     *
     * @return the session as it is now; empty when there is none
     */
    public Optional<Session> extend(String token) {
        return tokens.digest(token)
                .flatMap(digest -> find(digest).flatMap(session -> {
                    var until = earlier(now().plus(options.ttl()), session.ends());
                    var worth = options.ttl().dividedBy(WORTH);
                    return until.isAfter(session.expires().plus(worth))
                            ? changing(digest, () -> rows.extend(digest, until, now()))
                            : Optional.of(session);
                }));
    }

    /** Ends a session. Done again it does no harm. */
    public Deleted delete(String token) {
        return tokens.digest(token)
                .map(digest -> {
                    boolean there;
                    boolean everywhere = false;
                    try {
                        there = rows.delete(digest);
                    } finally { // it may have committed, whatever it threw
                        everywhere = remove(List.of(digest));
                    }
                    return new Deleted(there ? 1 : 0, everywhere);
                })
                .orElse(new Deleted(0, true));
    }

    /** Ends all sessions of an owner. */
    public Deleted deleteAll(String owner) {
        var digests = owner.isEmpty() ? List.<String>of() : rows.deleteAll(owner);
        return new Deleted(digests.size(), remove(digests));
    }

    /** How many sessions an owner has, also such as are over and were not pruned yet. */
    public int count(String owner) {
        return owner.isEmpty() ? 0 : rows.count(owner);
    }

    /**
     * Deletes rows of sessions that are over, some thousand in a statement.
     *
     * @return how many
     */
    public int prune() {
        int all = 0;
        int some;
        do {
            some = rows.prune(now(), PRUNED_AT_ONCE);
            all += some;
        } while (some == PRUNED_AT_ONCE);
        return all;
    }

    /** What the cache says, grace included, counts only within the session's own time. */
    private Optional<Session> find(String digest) {
        try {
            var session = cached == null
                    ? rows.find(digest).orElse(null)
                    : cached.wrap(digest, key -> rows.find(key).orElse(null));
            return Optional.ofNullable(session).filter(found -> found.isAlive(now()));
        } catch (RejectedExecutionException e) {
            throw new SessionException("too many wait for sessions while the cache is away", true, e);
        }
    }

    private <T> T changing(String digest, Supplier<T> change) {
        try {
            return change.get();
        } finally { // also no load that read the old row may store it now
            remove(List.of(digest));
        }
    }

    private boolean remove(Collection<String> digests) {
        return cached == null || digests.isEmpty() || cached.deleteAll(digests);
    }

    private void requireFit(byte[] data) {
        if (data.length > options.maxBytes()) {
            throw new IllegalArgumentException("the data of a session has at most " + options.maxBytes() + " bytes");
        }
    }

    /** As the database keeps it. */
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
