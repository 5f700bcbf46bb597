package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.RedisServer;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The statistics of all processes that share a cache, in one hash of its Redis: each adds what came since it last did.
 * It is worse to lose a read than to count one: what Redis does not confirm is added again, and may count twice.
 */
public final class FleetStats implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FleetStats.class);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final String SINCE = "since";

    private static final Map<String, ToLongFunction<ViewStats>> COUNTS = new LinkedHashMap<>();

    static {
        COUNTS.put("hits", ViewStats::hits);
        COUNTS.put("misses", ViewStats::misses);
        COUNTS.put("stale", ViewStats::stale);
        COUNTS.put("bypassed", ViewStats::bypassed);
        COUNTS.put("loads", ViewStats::loads);
        COUNTS.put("refused", ViewStats::refused);
        COUNTS.put("bytes", ViewStats::bytes);
        COUNTS.put("errors", ViewStats::errors);
        COUNTS.put("loadMicros", stats -> Math.round(stats.loadSeconds() * 1e6));
        COUNTS.put("storedBytes", ViewStats::storedBytes);
        COUNTS.put("rawBytes", ViewStats::rawBytes);
    }

    private final RedisServer server;
    private final String key;
    private final CacheStats stats;
    /** What Redis has confirmed of this process' counts, by field. */
    private final Map<String, Long> added = new HashMap<>();

    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("cache-stats").unstarted(this::loop);

    /**
     * @param prefix of the cache
     * @param stats of this process; those of one that only reads the fleet's stay empty
     */
    public FleetStats(RedisServer server, String prefix, CacheStats stats) {
        this.server = server;
        this.key = prefix + ":cache:stats";
        this.stats = stats;
    }

    /** Adds this process' counts every few seconds, until it is closed. */
    public void start() {
        thread.start();
    }

    /**
     * Adds what came since the last run.
     *
     * @throws RedisException when Redis is away; the next run adds it
     */
    public synchronized void runOnce() {
        var answers = new LinkedHashMap<String, CompletionStage<Long>>();
        var totals = new HashMap<String, Long>();
        for (var view : stats.totals()) {
            COUNTS.forEach((name, count) -> {
                var field = name + ":" + view.view();
                long total = count.applyAsLong(view);
                long more = total - added.getOrDefault(field, 0L);
                if (more != 0) {
                    totals.put(field, total);
                    answers.put(
                            field,
                            server.send(key, session -> session.commands().hincrby(key, field, more)));
                }
            });
        }
        answers.forEach((field, answer) -> {
            server.await(answer);
            added.put(field, totals.getOrDefault(field, 0L));
        });
        if (!answers.isEmpty()) {
            var now = Instant.now().toString().getBytes(UTF_8);
            server.await(server.send(key, session -> session.commands().hsetnx(key, SINCE, now)));
        }
    }

    /** What all processes have added, by view in the order of their names. */
    public List<ViewStats> read() {
        var counts = new HashMap<String, Long>();
        var views = new TreeSet<String>();
        fields().forEach((field, value) -> {
            int colon = field.indexOf(':');
            if (colon > 0) {
                views.add(field.substring(colon + 1));
                counts.put(field, Long.parseLong(new String(value, UTF_8)));
            }
        });
        return views.stream().map(view -> stats(view, counts)).toList();
    }

    /** When counting began; empty when nothing was counted. */
    public Optional<Instant> since() {
        return Optional.ofNullable(fields().get(SINCE)).map(text -> Instant.parse(new String(text, UTF_8)));
    }

    /** Forgets what all processes have added. */
    public void reset() {
        server.await(server.unlink(List.of(key)));
    }

    /** Adds what is left, where it was started. */
    @Override
    public void close() {
        stop.countDown();
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        try {
            boolean last;
            do {
                last = stop.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
                runQuietly();
            } while (!last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void runQuietly() {
        try {
            runOnce();
        } catch (RuntimeException e) { // they are only statistics
            log.debug("statistics not added cause={}", e.getMessage());
        }
    }

    private Map<String, byte[]> fields() {
        return server.await(server.send(key, session -> session.commands().hgetall(key)));
    }

    private static ViewStats stats(String view, Map<String, Long> counts) {
        ToLongFunction<String> count = name -> counts.getOrDefault(name + ":" + view, 0L);
        return new ViewStats(
                view,
                count.applyAsLong("hits"),
                count.applyAsLong("misses"),
                count.applyAsLong("stale"),
                count.applyAsLong("bypassed"),
                count.applyAsLong("loads"),
                count.applyAsLong("refused"),
                count.applyAsLong("bytes"),
                count.applyAsLong("errors"),
                count.applyAsLong("loadMicros") / 1e6,
                count.applyAsLong("storedBytes"),
                count.applyAsLong("rawBytes"));
    }
}
