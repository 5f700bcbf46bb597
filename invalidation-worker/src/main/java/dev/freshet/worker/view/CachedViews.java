package dev.freshet.worker.view;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.Boards;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached;
import dev.freshet.cache.Fill;
import dev.freshet.cache.Hot;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.Loaded;
import dev.freshet.cache.Request;
import dev.freshet.cache.Standing;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.Value;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.Rewarm;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog's views, read through the cache. An error of the cache never reaches a reader: without Redis a value comes
 * from where it is loaded from.
 */
public final class CachedViews implements Views {
    private static final Logger log = LoggerFactory.getLogger(CachedViews.class);
    private static final byte[] NOTHING = {'n', 'u', 'l', 'l'};
    private static final int CHUNKS_AT_A_TIME = 4;

    private final TagCache cache;
    private final Catalog catalog;
    private final CacheStats stats;
    private final Loaders loader;
    private final DirectViews direct;
    private final Boards boards;
    private final ChunkSizes chunkSizes = new ChunkSizes();

    /** @param loads how many statements this process runs for views at the same time, and how many functions */
    public CachedViews(TagCache cache, Catalog catalog, Database database, int loads) {
        this(cache, catalog, new Loaders(database, loads));
    }

    CachedViews(TagCache cache, Catalog catalog, Loaders loader) {
        this.cache = cache;
        this.catalog = catalog;
        this.stats = cache.stats();
        this.boards = new Boards(cache);
        this.loader = loader.into(boards);
        this.direct = new DirectViews(loader, stats);
    }

    /** Reads a view, and loads it where it is not cached. */
    @Override
    public Cached get(View view, Map<String, String> values, Runnable mayLoad) {
        try {
            return cache.get(request(view, values), () -> {
                mayLoad.run();
                return value(view, loader.load(view, values));
            });
        } catch (RedisException e) {
            bypassed(view, e);
            return direct.get(view, values, mayLoad);
        }
    }

    @Override
    public Standing standing(View view, Map<String, String> values, BoardRange range, Runnable mayLoad) {
        var board = (Source.Board) view.source();
        try {
            var source = loader.boards().source(view, board, values, mayLoad);
            return boards.read(request(view, values), board.most(), range, source);
        } catch (RedisException e) {
            bypassed(view, e);
            return direct.standing(view, values, range, mayLoad);
        }
    }

    /**
     * Loads the members of a board that are marked, before its next reader has to, if it was read lately.
     *
     * @param name of the view; nothing is done where it is no board
     * @return whether there were some
     * @throws RedisException when the cache is away
     * @throws LoadException when they cannot be loaded
     */
    public boolean patch(String name, Map<String, String> values) {
        var view = catalog.views().get(name);
        return view != null
                && view.source() instanceof Source.Board board
                && boards.patch(request(view, values), loader.boards().source(view, board, values, () -> {}));
    }

    private static Request request(View view, Map<String, String> values) {
        var origin = new Origin(view.name(), values).encode();
        return new Request(
                view.name(),
                view.key(values),
                view.tags(values),
                lifetime(view),
                origin,
                view.serving().gzip());
    }

    private void bypassed(View view, RedisException cause) {
        log.debug("cache bypassed view={} cause={}", view.name(), cause.getMessage());
        stats.failed(view.name());
    }

    /** As {@link #warm(Collection, Duration)}, however long it takes. */
    public WarmResult warm(Collection<Hot> hot) {
        return warm(hot, Lifetime.ALWAYS);
    }

    /**
     * Loads keys again before their next reader comes, those that were read last first: many of one view in one
     * statement.
     *
     * @param within after this long no more statements are begun
     * @return how many were stored, and which were refused or found the database away, and should be tried again; keys
     *     that somebody else loads, and those that the catalog does not know any more, are in neither
     * @throws RedisException when the cache is away
     */
    public WarmResult warm(Collection<Hot> hot, Duration within) {
        long start = System.nanoTime();
        return warm(hot, CHUNKS_AT_A_TIME, () -> System.nanoTime() - start >= within.toNanos());
    }

    /** As {@link #warm(Collection, Duration)}, however long it takes, one statement or function at a time. */
    WarmResult warmOneByOne(Collection<Hot> hot) {
        return warm(hot, 1, () -> false);
    }

    private WarmResult warm(Collection<Hot> hot, int atATime, BooleanSupplier isOver) {
        var threads = Thread.ofVirtual().name("warm-", 0).factory();
        try (var executor = Executors.newFixedThreadPool(atATime, threads)) {
            var results = chunks(hot).stream()
                    .map(chunk -> executor.submit(() -> warm(chunk, isOver)))
                    .toList();
            return results.stream().map(CachedViews::join).reduce(WarmResult.NOTHING, WarmResult::plus);
        }
    }

    /**
     * One value of a view, as {@link #warm} takes it.
     *
     * @param values from {@link View#parse}
     */
    public static Hot hot(View view, Map<String, String> values) {
        return hot(view, values, Instant.now());
    }

    static Hot hot(View view, Map<String, String> values, Instant lastRead) {
        return new Hot(view.key(values), new Origin(view.name(), values).encode(), lastRead);
    }

    /** Of one view each, the hottest first. */
    List<List<Wanted>> chunks(Collection<Hot> hot) {
        var byView = hot.stream()
                .sorted(Comparator.comparing(Hot::lastRead).reversed())
                .flatMap(one -> wanted(one).stream())
                .collect(Collectors.groupingBy(Wanted::view));
        var chunks = new ArrayList<List<Wanted>>();
        byView.forEach((view, wanted) -> {
            int size = Loaders.isShared(view) ? chunkSizes.of(view.name(), wanted.size() / CHUNKS_AT_A_TIME) : 1;
            for (int from = 0; from < wanted.size(); from += size) {
                chunks.add(wanted.subList(from, Math.min(from + size, wanted.size())));
            }
        });
        chunks.sort(Comparator.comparing(
                        (List<Wanted> chunk) -> chunk.getFirst().hot().lastRead())
                .reversed());
        return chunks;
    }

    /**
     * What {@link #warm} came to.
     *
     * @param left how many were not tried, because the time was over
     */
    public record WarmResult(int stored, List<Hot> refused, int left) {
        static final WarmResult NOTHING = left(0);

        public WarmResult {
            refused = List.copyOf(refused);
        }

        static WarmResult left(int count) {
            return new WarmResult(0, List.of(), count);
        }

        WarmResult plus(WarmResult other) {
            var all = new ArrayList<>(refused);
            all.addAll(other.refused);
            return new WarmResult(stored + other.stored, all, left + other.left);
        }
    }

    /** What is not there may be asked for again sooner. */
    private static Value value(View view, byte[] content) {
        return Value.of(content, lifetime(view, content));
    }

    private static Lifetime lifetime(View view, byte[] content) {
        boolean isAbsent = Arrays.equals(content, NOTHING);
        return isAbsent ? lifetime(view).withTtl(view.serving().absentFor()) : lifetime(view);
    }

    static Lifetime lifetime(View view) {
        var hotFor = switch (view.rewarm()) {
            case HOT -> view.ttl();
            case ALWAYS -> Lifetime.ALWAYS;
            case NEVER -> Duration.ZERO;
        };
        var serving = view.serving();
        return new Lifetime(
                serving.ttl(), serving.grace(), hotFor, serving.refreshAhead(), serving.staleAfterInvalidate());
    }

    /** @param chunk of one view */
    private WarmResult warm(List<Wanted> chunk, BooleanSupplier isOver) {
        if (isOver.getAsBoolean()) {
            return WarmResult.left(chunk.size());
        }
        var view = chunk.getFirst().view();
        var fills = cache.beginAll(
                chunk.stream().map(one -> one.hot().key()).toList(),
                chunk.stream().map(one -> view.tags(one.values())).toList());
        var begun = new ArrayList<Begun>();
        for (int i = 0; i < chunk.size(); i++) {
            var one = chunk.get(i);
            fills.get(i).ifPresent(fill -> begun.add(new Begun(one, fill)));
        }
        if (begun.isEmpty()) {
            return WarmResult.NOTHING;
        }
        try {
            return fill(view, begun, load(view, begun));
        } catch (RuntimeException | Error e) {
            cache.abandonAll(begun.stream().map(Begun::fill).toList());
            if (e instanceof LoadException failed) {
                return withoutChunk(view, begun, failed, isOver);
            }
            throw e;
        }
    }

    private List<byte[]> load(View view, List<Begun> begun) {
        long start = System.nanoTime();
        try {
            var batch = loader.load(
                    view, begun.stream().map(one -> one.wanted().values()).toList());
            stats.loaded(view.name(), begun.size(), Duration.ofNanos(System.nanoTime() - start));
            chunkSizes.loaded(view.name(), begun.size(), batch.took());
            return batch.contents();
        } catch (LoadException e) {
            stats.failed(view.name());
            if (e.isTimeout()) {
                chunkSizes.timedOut(view.name());
            }
            throw e;
        }
    }

    private WarmResult fill(View view, List<Begun> begun, List<byte[]> contents) {
        var loads = new ArrayList<Loaded>();
        for (int i = 0; i < begun.size(); i++) {
            var hot = begun.get(i).wanted().hot();
            var content = contents.get(i);
            loads.add(new Loaded(
                    view.name(),
                    begun.get(i).fill(),
                    content,
                    lifetime(view, content),
                    hot.origin(),
                    hot.lastRead(),
                    view.serving().gzip()));
        }
        var stored = cache.fillAll(loads);
        var refused = new ArrayList<Hot>();
        for (int i = 0; i < begun.size(); i++) {
            if (!stored.get(i)) {
                var wanted = begun.get(i).wanted();
                loader.discard(view, wanted.values(), contents.get(i));
                refused.add(wanted.hot());
            }
        }
        return new WarmResult(begun.size() - refused.size(), refused, 0);
    }

    /** One key's SQL may fail for its own values; it must not keep the others cold, so it is looked for by halves. */
    private WarmResult withoutChunk(View view, List<Begun> begun, LoadException error, BooleanSupplier isOver) {
        if (error.failure() == Failure.OUTAGE) {
            var all = begun.stream().map(one -> one.wanted().hot()).toList();
            return new WarmResult(0, all, 0);
        }
        if (error.failure() == Failure.PERMANENT && begun.size() > 1) {
            var wanted = begun.stream().map(Begun::wanted).toList();
            int half = wanted.size() / 2;
            return warm(wanted.subList(0, half), isOver).plus(warm(wanted.subList(half, wanted.size()), isOver));
        }
        log.warn("rewarm left to readers view={} keys={} cause={}", view.name(), begun.size(), error.getMessage());
        return WarmResult.NOTHING;
    }

    /** @return empty for a key that today's catalog would not read */
    private Optional<Wanted> wanted(Hot hot) {
        return Origin.decode(hot.origin()).flatMap(origin -> {
            var view = catalog.views().get(origin.view());
            if (view == null || view.rewarm() == Rewarm.NEVER) {
                return Optional.empty();
            }
            try {
                var values = view.parse(origin.params());
                return Optional.of(new Wanted(view, values, hot))
                        .filter(one -> view.key(values).equals(hot.key()));
            } catch (ParameterException e) {
                return Optional.empty();
            }
        });
    }

    private static WarmResult join(Future<WarmResult> result) {
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedisException("interrupted while re-warming", e);
        }
    }

    record Wanted(View view, Map<String, String> values, Hot hot) {}

    private record Begun(Wanted wanted, Fill fill) {}
}
