package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A queue of a test's own, and eyes to see all that stands in Redis for it. */
final class TestQueue {
    static final Duration LEASE = Duration.ofSeconds(30);
    static final Instant RECEIVED = Instant.parse("2026-03-04T05:06:07Z");
    static final Attempt FAILED = new Attempt(RECEIVED.plusSeconds(1), "w1", "apply", "it failed");

    final JobQueue queue;
    final DeadLetters letters;
    /** Of the first partition, which mostly is the only one. */
    final QueueKeys keys;

    final String prefix;
    /** What was buried as poison. */
    final List<Job> buried = new ArrayList<>();

    private final RedisServer server;
    private final RedisCommands<String, byte[]> eyes;
    private final ScriptRunner runner;

    /** @param runner what the queue and its dead letters send their scripts through */
    TestQueue(
            RedisServer server,
            StatefulRedisConnection<String, byte[]> eyes,
            QueueOptions options,
            ScriptRunner runner) {
        this.server = server;
        this.eyes = eyes.sync();
        this.runner = runner;
        this.queue = new JobQueue(runner, options);
        this.letters = new DeadLetters(runner, options);
        this.prefix = options.prefix();
        this.keys = new QueueKeys(prefix, 0);
    }

    static Job job(int number) {
        return Job.first(String.valueOf(number), "main", "a.b", RECEIVED, false, "t", body(number));
    }

    static Job awaitedJob(int number) {
        return Job.first(String.valueOf(number), "main", "a.b", RECEIVED, true, "t", body(number));
    }

    private static byte[] body(int number) {
        return ("{\"id\": " + number + "}\n").getBytes(UTF_8);
    }

    RedisCommands<String, byte[]> redis() {
        return eyes;
    }

    void later(Duration offset) {
        runner.setClockOffset(offset);
    }

    Enqueued enqueue(Job job) {
        return server.await(queue.enqueue(job));
    }

    Enqueued enqueueDead(Job job) {
        return server.await(queue.enqueueDead(job, FAILED));
    }

    /** Enqueues jobs by number, first to last. */
    void enqueue(int... numbers) {
        for (int number : numbers) {
            assertThat(enqueue(job(number))).isEqualTo(Enqueued.ACCEPTED);
        }
    }

    Claim claim(int max) {
        return (Claim) queue.claim(max, LEASE);
    }

    Settled done(Claim claim) {
        return queue.settle(claim, List.of(), Map.of());
    }

    Map<String, Awaited> awaited(int... numbers) {
        return server.await(
                queue.awaited(Arrays.stream(numbers).mapToObj(String::valueOf).toList()));
    }

    int reap(Claim claim) {
        return queue.reap(expired(claim), buried::add);
    }

    static ExpiredClaim expired(Claim claim) {
        return new ExpiredClaim(claim.partition().number(), claim.id());
    }

    /** Ends all claims the way a crash of all workers does: nobody renews, and a lease later somebody reaps. */
    int crash() {
        later(LEASE.plusSeconds(1));
        int reaped = IntStream.range(0, queue.partitions()).map(this::reapAll).sum();
        later(Duration.ZERO);
        return reaped;
    }

    /** Without the rest of what a tick does. */
    private int reapAll(int partition) {
        return eyes.zrange(new QueueKeys(prefix, partition).claims, 0, -1).stream()
                .mapToInt(claim -> queue.reap(new ExpiredClaim(partition, new String(claim, UTF_8)), buried::add))
                .sum();
    }

    /**
     * All that is not empty, ids as they will be taken, and the counts; checked against the status and against the sum
     * that must always hold.
     */
    String places() {
        var places = ids();
        var status = queue.status();
        assertThat(status.missing()).as("accepted jobs in no place, %s", status).isZero();
        assertThat(status.dead()).isEqualTo(status.count("dead"));
        assertThat(status.bytes()).as("bytes of %s", places).isEqualTo(bytes());
        assertThat(List.of(
                        status.ready(),
                        status.claimed(),
                        status.suspect(),
                        status.retry(),
                        status.replay(),
                        status.dead()))
                .isEqualTo(
                        places.values().stream().map(ids -> (long) ids.size()).toList());
        var text = places.entrySet().stream()
                .filter(place -> !place.getValue().isEmpty())
                .map(place -> place.getKey() + " " + String.join(" ", place.getValue()))
                .collect(Collectors.toCollection(ArrayList::new));
        add(text, "crashes", eyes.hgetall(keys.crashes));
        add(text, "awaited", eyes.hgetall(keys.awaited));
        new TreeMap<>(status.counts()).forEach((name, count) -> {
            if (count != 0) {
                text.add(name + "=" + count);
            }
        });
        return String.join(", ", text);
    }

    /** The ids in each place, as they will be taken. */
    Map<String, List<String>> ids() {
        var places = new LinkedHashMap<String, List<String>>();
        for (int partition = 0; partition < queue.partitions(); partition++) {
            ids(new QueueKeys(prefix, partition)).forEach((place, ids) -> places.merge(place, ids, TestQueue::joined));
        }
        return places;
    }

    /** The ids in each place of one partition. */
    Map<String, List<String>> ids(QueueKeys keys) {
        var claimed = eyes.zrange(keys.claims, 0, -1).stream()
                .flatMap(claim -> list(keys.claim(text(claim))).stream())
                .sorted()
                .toList();
        var places = new LinkedHashMap<String, List<String>>();
        places.put("ready", list(keys.ready).reversed());
        places.put("claimed", claimed);
        places.put("suspect", list(keys.suspect).reversed());
        places.put(
                "retry",
                eyes.zrange(keys.retry, 0, -1).stream().map(TestQueue::id).toList());
        places.put("replay", list(keys.replay).reversed());
        places.put(
                "dead",
                eyes.zrange(keys.deadAt, 0, -1).stream().map(TestQueue::text).toList());
        assertThat(eyes.hkeys(keys.dead)).containsExactlyInAnyOrderElementsOf(places.get("dead"));
        return places;
    }

    private static List<String> joined(List<String> some, List<String> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    /** Of all jobs that are neither done nor dead, as they stand in Redis. */
    long bytes() {
        return IntStream.range(0, queue.partitions())
                .mapToObj(partition -> new QueueKeys(prefix, partition))
                .flatMap(keys -> Stream.concat(
                        eyes.zrange(keys.retry, 0, -1).stream(),
                        Stream.concat(
                                        Stream.of(keys.ready, keys.suspect, keys.replay),
                                        eyes.zrange(keys.claims, 0, -1).stream().map(claim -> keys.claim(text(claim))))
                                .flatMap(list -> eyes.lrange(list, 0, -1).stream())))
                .mapToLong(job -> job.length)
                .sum();
    }

    /** Everything of the partitions, to the byte. */
    Map<String, String> dump() {
        var dump = new TreeMap<String, String>();
        ScanIterator.scan(eyes, ScanArgs.Builder.matches(prefix + ":{q:*").limit(10_000))
                .forEachRemaining(key -> dump.put(key, value(key)));
        return dump;
    }

    private String value(String key) {
        return switch (eyes.type(key)) {
            case "string" -> text(eyes.get(key));
            case "list" -> texts(eyes.lrange(key, 0, -1)).toString();
            case "set" ->
                texts(List.copyOf(eyes.smembers(key))).stream()
                        .sorted()
                        .toList()
                        .toString();
            case "hash" -> new TreeMap<>(values(eyes.hgetall(key))).toString();
            case "zset" ->
                eyes.zrangeWithScores(key, 0, -1).stream()
                        .map(member -> text(member.getValue()) + "@" + (long) member.getScore())
                        .toList()
                        .toString();
            default -> throw new IllegalStateException(key);
        };
    }

    private List<String> list(String key) {
        return eyes.lrange(key, 0, -1).stream().map(TestQueue::id).toList();
    }

    private static void add(List<String> text, String name, Map<String, byte[]> hash) {
        if (!hash.isEmpty()) {
            text.add(name + " " + new TreeMap<>(values(hash)));
        }
    }

    private static Map<String, String> values(Map<String, byte[]> hash) {
        return hash.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> text(entry.getValue())));
    }

    private static List<String> texts(List<byte[]> values) {
        return values.stream().map(TestQueue::text).toList();
    }

    private static String text(byte[] value) {
        return new String(value, UTF_8);
    }

    private static String id(byte[] job) {
        return text(job).lines().findFirst().orElseThrow();
    }
}
