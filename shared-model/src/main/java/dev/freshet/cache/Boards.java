package dev.freshet.cache;

import dev.freshet.cache.BoardMoves.Look;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Boards of members by their scores, in a cache. A board is built as a whole, under the epochs of its tags, by the leases
 * and with the right of any other entry; what the entry holds is where its rows lie. A change of one member's score only
 * marks the member: who reads the board next loads the marked members and puts them into it. So a score is never added
 * to, and it does not matter how often a change is told of. It is worse to answer a score from before a change that was
 * marked than to load it twice.
 *
 * <p>All methods throw {@link RedisException} when Redis is away.
 */
public final class Boards {
    /** Members of one board that are marked before it is forgotten and built anew. */
    public static final int MOST_MARKED = 10_000;

    /** Marked members that a reader loads; of more the board is built anew. */
    static final int MOST_PATCHED = 500;

    private static final int ROUNDS = 4;
    private static final int CHUNK = 1_000;
    /** Rows of a build live longer than its entry, so that an entry which is read is whole. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private static final BoardRange FIRST = new BoardRange.Top(1);

    private final TagCache cache;
    private final RedisServer server;
    private final BoardMoves moves;
    private final Survey survey;
    /** One of a process loads what is marked; the others find it done. */
    private final ReentrantLock[] patching =
            Stream.generate(ReentrantLock::new).limit(64).toArray(ReentrantLock[]::new);

    public Boards(TagCache cache) {
        this(cache, new BoardMoves(cache.server(), cache.keys()));
    }

    Boards(TagCache cache, BoardMoves moves) {
        this.cache = cache;
        this.server = cache.server();
        this.moves = moves;
        this.survey = new Survey(server, cache.options());
    }

    /**
     * Loads a board and brings its rows, for a load that the cache has allowed: to be called between begin and fill.
     *
     * @param most how many places it has
     * @return what to store
     * @throws RedisException also when there is no room for it
     */
    public byte[] build(String key, Lifetime lifetime, int most, BoardSource source) {
        var keep = lifetime.untilHardExpiry().plus(cache.options().lease()).plus(MARGIN);
        var id = Moves.newToken();
        var opened = server.await(moves.open(key, id, keep));
        int limit = Build.limit(most);
        var rows = source.best(limit);
        var floor = rows.size() < limit ? null : lowest(rows);
        var build = new Build(id, opened.runId(), opened.marks(), opened.next(), most, floor);
        var before = server.await(moves.stored(key));
        if (!stage(key, build, rows, keep)) {
            throw new RedisException("cannot build board " + key + ": rows were evicted on the way");
        }
        before.ifPresent(old -> server.await(moves.retire(key, old, MARGIN)));
        return build.encode();
    }

    /** Frees what a build brought that was not stored. */
    public void discard(String key, byte[] content) {
        Build.decode(content).ifPresent(build -> server.await(moves.discard(key, build)));
    }

    /**
     * Reads places of a board, which is built first where it is not there, as {@link TagCache#get(Request,
     * java.util.function.Supplier)} loads a value.
     *
     * @param most how many places it has
     * @throws RedisException also when it is lost or changed faster than it can be read
     * @throws RuntimeException what the source threw
     */
    public Standing read(Request request, int most, BoardRange range, BoardSource source) {
        for (int i = 0; i < ROUNDS; i++) {
            var cached = cache.get(
                    request,
                    () -> Value.of(build(request.key(), request.lifetime(), most, source), request.lifetime()));
            var build = Build.decode(cached.entry().content());
            var standing = build.flatMap(b -> read(request, b, cached, range, source));
            if (standing.isPresent()) {
                return standing.get();
            }
            server.await(moves.drop(request.key(), cached.entry()));
        }
        throw new RedisException("cannot read board " + request.key() + ": it is lost again and again");
    }

    /** @return empty when it must be built anew */
    private Optional<Standing> read(Request request, Build build, Cached cached, BoardRange range, BoardSource source) {
        if (!cached.shared()) { // ours alone, and loaded since we were asked
            var own = server.await(moves.look(request.key(), build, range, null, 1, false));
            server.await(moves.discard(request.key(), build));
            return own instanceof Look.Places places ? Optional.of(standing(places, cached, false)) : Optional.empty();
        }
        String upto = null;
        boolean patched = false;
        for (int i = 0; i < ROUNDS; i++) {
            switch (look(request.key(), build, range, upto)) {
                case Look.Gone() -> {
                    return Optional.empty();
                }
                case Look.Places places -> {
                    return Optional.of(standing(places, cached, patched));
                }
                case Look.Marked marked -> {
                    if (marked.members().size() > MOST_PATCHED) {
                        return Optional.empty();
                    }
                    // what is marked from then on came later than this reader
                    upto = Objects.requireNonNullElse(upto, marked.upto());
                    patched |= patch(request, build, upto, source);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Loads what is marked in a board that is cached and was read lately, before its next reader has to.
     *
     * @return whether there was something to load
     */
    public boolean patch(Request request, BoardSource source) {
        var seen = survey.look(List.of(request.key())).stream()
                .filter(Seen::isHit)
                .filter(one -> one.idle()
                        .filter(idle -> idle.compareTo(request.lifetime().hotFor()) > 0)
                        .isEmpty())
                .findFirst();
        return seen.flatMap(one -> Build.decode(one.entry().content()))
                .filter(build -> look(request.key(), build, FIRST, null) instanceof Look.Marked marked
                        && marked.members().size() <= MOST_PATCHED
                        && patch(request, build, marked.upto(), source))
                .isPresent();
    }

    /**
     * How a board stands, seen by somebody who is no reader.
     *
     * @param isWhole whether its rows and its marks are there; else the next read builds it anew
     * @param places how many it answers
     * @param marked members that the next read loads first; one more than a reader loads for any number beyond that
     */
    public record Condition(boolean isWhole, int places, int marked) {}

    /** @return empty when the value is no board */
    public Optional<Condition> condition(Seen seen) {
        return Build.decode(seen.entry().content()).map(build -> {
            var all = server.await(moves.look(seen.key(), build, FIRST, null, 1, false));
            var now = look(seen.key(), build, FIRST, null);
            return new Condition(
                    !(now instanceof Look.Gone),
                    all instanceof Look.Places places ? places.size() : 0,
                    now instanceof Look.Marked marked ? marked.members().size() : 0);
        });
    }

    /**
     * Marks members whose scores have changed. Once this returns, nobody reads a score of theirs that was loaded before.
     *
     * @param members by the keys of their boards; members that no board has may be marked too
     */
    public void mark(Map<String, ? extends Collection<String>> members) {
        var answers = new ArrayList<CompletionStage<?>>();
        members.forEach((key, marked) -> {
            if (marked.size() > MOST_MARKED) {
                answers.add(moves.forget(key));
            } else {
                parts(List.copyOf(marked)).forEach(part -> answers.add(moves.mark(key, part, MOST_MARKED)));
            }
        });
        answers.add(cache.confirmBuckets());
        answers.forEach(server::await);
    }

    /** @return whether this caller loaded something */
    private boolean patch(Request request, Build build, String upto, BoardSource source) {
        var lock = patching[Math.floorMod(request.key().hashCode(), patching.length)];
        if (!isLocked(lock)) {
            throw new RedisException("cannot read board " + request.key() + ": its marked members load for too long");
        }
        try {
            if (look(request.key(), build, FIRST, upto) instanceof Look.Marked marked
                    && marked.members().size() <= MOST_PATCHED) {
                long start = System.nanoTime();
                var rows = source.of(marked.members());
                cache.stats()
                        .loaded(request.name(), marked.members().size(), Duration.ofNanos(System.nanoTime() - start));
                server.await(moves.put(request.key(), build, marked, rows));
                return true;
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean isLocked(ReentrantLock lock) {
        try {
            return lock.tryLock(cache.options().patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Look look(String key, Build build, BoardRange range, @Nullable String upto) {
        return server.await(moves.look(key, build, range, upto, MOST_PATCHED + 1, true));
    }

    private boolean stage(String key, Build build, List<BoardRow> rows, Duration keep) {
        requireOnce(rows);
        var parts = rows.isEmpty() ? List.of(rows) : parts(rows);
        return parts.stream().map(part -> moves.stage(key, build, part, rows.size(), keep)).toList().stream()
                .map(server::await)
                .reduce(false, (before, whole) -> whole);
    }

    private static void requireOnce(List<BoardRow> rows) {
        var members = new HashSet<String>();
        for (var row : rows) {
            if (!members.add(row.member())) {
                throw new IllegalArgumentException("a board must have each of its members once");
            }
        }
    }

    private static BoardRow lowest(List<BoardRow> rows) {
        var lowest = rows.stream().max(BoardRow::compareTo).orElseThrow();
        return new BoardRow(lowest.member(), lowest.score(), "");
    }

    private static Standing standing(Look.Places places, Cached cached, boolean patched) {
        return new Standing(
                patched ? Outcome.MISS : cached.outcome(),
                cached.entry().loadedAt(),
                places.size(),
                places.before(),
                places.rows());
    }

    private static <T> List<List<T>> parts(List<T> all) {
        var parts = new ArrayList<List<T>>();
        for (int from = 0; from < all.size(); from += CHUNK) {
            parts.add(all.subList(from, Math.min(from + CHUNK, all.size())));
        }
        return parts;
    }
}
