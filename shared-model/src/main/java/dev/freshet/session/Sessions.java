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
import java.util.ArrayList;
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

    /** How many connections of its database it uses at a time; who shares the pool with others makes it larger by these. */
    public static final int CONNECTIONS = 8;

    private static final int PRUNED_AT_ONCE = 5_000;
    /** How long rows of what is over stay: longer than an entry in the cache, so that who ends it again knows which it was. */
    private static final Duration KEPT = Duration.ofHours(2);

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
        this.rows = new SessionRows(database, options.application(), CONNECTIONS);
        this.tokens = new SessionTokens(options.application(), options.secrets());
        this.options = options;
        this.clock = clock;
        this.cached = cache == null
                ? null
                : TypedCache.<String, Session>of(cache, "session", new SessionCodec())
                        .lifetime(LIFETIME)
                        .absent(Absent.cachedFor(ABSENT))
                        .loads(CONNECTIONS)
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
     * @param sessions that were alive
     * @param everywhere whether nobody can be served it any more; said by a process without a cache it holds where no other
     *     has one either. False when the cache's Redis is away for this process: others that reach it may serve what they
     *     know for up to five minutes, and longer only while PostgreSQL is away too
     */
    public record Deleted(int sessions, boolean everywhere) {}

    /**
     * @param owner empty for nobody's; of one owner the 100 latest are kept
     * @param data at most {@link SessionOptions#maxBytes()}
     * @throws IllegalArgumentException when owner or data are too long
     */
    public Created create(String owner, byte[] data) {
        requireFit(data);
        if (!isOwner(owner)) {
            throw new IllegalArgumentException("an owner has at most " + MAX_OWNER + " characters");
        }
        var token = tokens.create();
        var digest = tokens.digest(token).orElseThrow();
        var now = now();
        var ends = now.plus(options.longest());
        var session = new Session(owner, data.clone(), now, earlier(now.plus(options.ttl()), ends), ends);
        var gone = new ArrayList<String>();
        changing(gone, () -> {
            rows.insert(digest, session, gone::addAll);
            return true;
        });
        // it is cached by who reads it, under a lease: stored here it could outlive an end that came meanwhile
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
                .filter(digest -> changing(List.of(digest), () -> rows.update(digest, data, now())))
                .isPresent();
    }

    /**
     * Lets a session live for another ttl, but not beyond its longest. Writes only where it gains more than a twentieth of the
     * ttl, so it may be called with each request.
     *
     * @return the session as it is now, not extended when it is known and the database does not answer; empty when there is none
     */
    public Optional<Session> extend(String token) {
        return tokens.digest(token)
                .flatMap(digest -> find(digest).flatMap(session -> {
                    var until = earlier(now().plus(options.ttl()), session.ends());
                    var worth = options.ttl().dividedBy(WORTH);
                    return until.isAfter(session.expires().plus(worth))
                            ? extend(digest, session, until)
                            : Optional.of(session);
                }));
    }

    private Optional<Session> extend(String digest, Session known, Instant until) {
        Optional<Session> extended;
        try {
            extended = rows.extend(digest, until, now());
        } catch (SessionException e) {
            if (e.mayPass()) {
                return Optional.of(known); // if it was done, the cache has an earlier end, which does no harm
            }
            throw e;
        }
        remove(List.of(digest));
        return extended;
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

    /**
     * Ends all sessions of an owner and empties them; their rows stay for two hours. Done again it makes up for what a first
     * time left in the cache.
     */
    public Deleted deleteAll(String owner) {
        if (owner.isEmpty() || !isOwner(owner)) {
            return new Deleted(0, true);
        }
        var ended = rows.endAll(owner, now());
        return new Deleted(ended.sessions(), remove(ended.digests()));
    }

    /** How many sessions an owner has. */
    public int count(String owner) {
        return owner.isEmpty() || !isOwner(owner) ? 0 : rows.count(owner, now());
    }

    /**
     * Deletes rows of sessions that have been over for two hours, some thousand in a statement.
     *
     * @return how many
     */
    public int prune() {
        int all = 0;
        int some;
        do {
            some = rows.prune(now(), KEPT, PRUNED_AT_ONCE);
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
            throw new SessionException("too many wait for sessions while the cache is away", true, true, e);
        }
    }

    /** Removes what is changed, unless it surely was not: what cannot be read now is better kept. */
    private <T> T changing(Collection<String> digests, Supplier<T> change) {
        boolean undone = false;
        try {
            return change.get();
        } catch (SessionException e) {
            undone = e.isUndone();
            throw e;
        } finally {
            if (!undone) { // also no load that read the old row may store it now
                remove(digests);
            }
        }
    }

    /** Whether anybody could have one under this name. */
    private static boolean isOwner(String owner) {
        return owner.length() <= MAX_OWNER && owner.indexOf('\0') < 0;
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
