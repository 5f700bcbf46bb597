package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.RedisView;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.TagCache;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * One worker process on a list of 200,000 jobs: claim, parse, plan, invalidate three tags of each, settle. Against BullMQ's
 * worker, which only takes its jobs, and against a client that only moves the bytes.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class QueueBenchmark {
    private static final int JOBS = Integer.getInteger("freshet.jobs", 200_000);
    private static final int BULLMQ_JOBS = Math.min(JOBS, 40_000);
    private static final int ROUNDS = Integer.getInteger("freshet.rounds", 5);
    /** Further lines of redis.conf, between semicolons. */
    private static final String SETTINGS = System.getProperty("freshet.redis", "");

    private static final int TAGS = 3;
    private static final int WARM_UP = 8;
    private static final int LISTS = 3;
    private static final int READ_BACK = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final EmbeddedRedis redis;
    private final Backlog backlog;
    private final TagCache cache;
    private final ListClient client;
    private final RedisServer server;
    private final Workers workers;
    private final List<Double> workerMicros = new ArrayList<>();
    private final List<Double> redisMicros = new ArrayList<>();
    private final BareWorker bare;
    private long lost;

    private QueueBenchmark(EmbeddedRedis redis, RedisServer server, Workers workers) {
        this.redis = redis;
        this.server = server;
        this.workers = workers;
        this.backlog = new Backlog(server, 1);
        this.cache = new TagCache(server, CacheOptions.defaults(Backlog.PREFIX));
        this.client = new ListClient(server);
        this.bare = new BareWorker(backlog.aside(), cache);
    }

    public static boolean run() throws Exception {
        try (var redis = Mode.current().redis(SETTINGS.isEmpty() ? new String[0] : SETTINGS.split(";"));
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(30));
                var workers = new Workers(redis.url(), 1, TAGS, 1, Map.of("QUEUE_PARTITIONS", "1"))) {
            return new QueueBenchmark(redis, server, workers).compare();
        }
    }

    private boolean compare() throws Exception {
        var bullMq = BullMq.on(redis.port());
        var queue = Comparison.ofRates("queue", "jobs/s");
        var limit = Comparison.ofRates("queue-limit", "jobs/s");
        var queueLimits = new ArrayList<Double>();
        var queuePlanning = new ArrayList<Double>();
        var listLimits = new ArrayList<Double>();
        var listPlanning = new ArrayList<Double>();
        long idle = workers.residentKib() >> 10;
        for (int i = 0; i < WARM_UP; i++) {
            ours();
            bare(i % 2 == 0);
        }
        list();
        workerMicros.clear();
        redisMicros.clear();
        for (int i = 0; i < ROUNDS; i++) {
            boolean oursFirst = i % 2 == 0;
            double first = oursFirst ? ours() : list();
            double second = oursFirst ? list() : ours();
            double our = oursFirst ? first : second;
            double list = oursFirst ? second : first;
            limit.add(our, list);
            double most = bare(false);
            double planning = bare(true);
            listLimits.add(most / list);
            listPlanning.add(planning / list);
            var theirs = bullMq.isPresent() ? Optional.of(best(bullMq.get())) : Optional.<Double>empty();
            theirs.ifPresentOrElse(rate -> queue.add(our, rate), () -> queue.add(our));
            theirs.ifPresent(rate -> {
                queueLimits.add(most / rate);
                queuePlanning.add(planning / rate);
            });
            System.out.printf(
                    Locale.ROOT,
                    "  ours %,.0f jobs/s; a client that neither parses nor plans %,.0f, one that does %,.0f;"
                            + " the list alone %,.0f; BullMQ %s%n",
                    our,
                    most,
                    planning,
                    list,
                    theirs.map("%,.0f"::formatted).orElse("missing"));
        }
        workers.requireAlive();
        System.out.printf(
                Locale.ROOT,
                "  CPU of each job: worker %.1f us, Redis %.1f us%n",
                Comparison.median(workerMicros),
                Comparison.median(redisMicros));
        queue.with("worker_cpu_us", "%.1f".formatted(Comparison.median(workerMicros)))
                .with("redis_cpu_us", "%.1f".formatted(Comparison.median(redisMicros)))
                .with("idle_mib", Long.toString(idle))
                .with("loaded_mib", Long.toString(workers.residentKib() >> 10));
        if (!queueLimits.isEmpty()) {
            queue.with("limit", "%.3f".formatted(Comparison.median(queueLimits)))
                    .with("limit_planning", "%.3f".formatted(Comparison.median(queuePlanning)));
        }
        limit.with("limit", "%.3f".formatted(Comparison.median(listLimits)))
                .with("limit_planning", "%.3f".formatted(Comparison.median(listPlanning)));
        boolean whole = queue.print("at least 10", queue.ratio() >= 10, lost);
        return limit.print("at least 0.4", limit.ratio() >= 0.4, lost) && whole;
    }

    /** Jobs a second, from the moment in which all of them stand there. */
    private double ours() throws InterruptedException {
        long from = backlog.sent();
        backlog.fill(JOBS);
        var old = cached(from);
        var worker = workers.cpu();
        var ofRedis = RedisView.cpu(server);
        long start = backlog.release();
        long end = backlog.awaitDone(JOBS, PATIENCE);
        workerMicros.add(workers.cpu().minus(worker).toNanos() / 1e3 / JOBS);
        redisMicros.add(RedisView.cpu(server).minus(ofRedis).toNanos() / 1e3 / JOBS);
        lost += backlog.lost(JOBS);
        lost += cache
                .readAll(
                        old.stream().map(Tag::name).toList(),
                        old.stream().map(List::of).toList())
                .stream()
                .filter(Optional::isPresent)
                .count();
        return JOBS / ((end - start) / 1e9);
    }

    /** Values that the jobs make old, each under the tag that it is named after. */
    private List<Tag> cached(long from) {
        var tags = LongStream.range(0, READ_BACK)
                .mapToObj(i -> new Tag("enrollment:" + (from + i * JOBS / READ_BACK)))
                .toList();
        for (var tag : tags) {
            cache.get(
                    tag.name(),
                    List.of(tag),
                    Lifetime.of(Duration.ofHours(1)),
                    "",
                    () -> "old".getBytes(StandardCharsets.UTF_8));
        }
        return tags;
    }

    /**
     * The least that a worker must do with the same jobs in Redis.
     *
     * @param planning and the least with their bodies
     */
    private double bare(boolean planning) throws Exception {
        backlog.fill(JOBS);
        long start = System.nanoTime();
        lost += JOBS - bare.empty(planning);
        double rate = JOBS / ((System.nanoTime() - start) / 1e9);
        backlog.forget();
        return rate;
    }

    /** The median of a few, since one is over in half a second. */
    private double list() throws Exception {
        var rates = new ArrayList<Double>();
        for (int i = 0; i < LISTS; i++) {
            rates.add(listOnce());
        }
        return Comparison.median(rates);
    }

    private double listOnce() throws Exception {
        backlog.fill(JOBS);
        var list = backlog.releaseAsList();
        long start = System.nanoTime();
        lost += JOBS - client.empty(list);
        return JOBS / ((System.nanoTime() - start) / 1e9);
    }

    private static double best(BullMq bullMq) throws Exception {
        return Math.max(bullMq.process(BULLMQ_JOBS, 50), bullMq.process(BULLMQ_JOBS, 200));
    }
}
