package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.MULTI;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Looks for jobs that are not done yet, piece by piece beside the workers, and changes nothing. The queue has no index: a
 * search reads its way from the latest added to the oldest, in the order in which a job moves from place to place. One
 * that moves against that order, back into a place that was looked through, can be missed. Calls throw
 * {@link io.lettuce.core.RedisException} when Redis is away.
 */
public final class QueueSearch {
    /** Most jobs that a search looks at. */
    public static final int MAX_SEARCHED = 1_000_000;

    private static final int HEADERS = 500;
    private static final int BODIES = 20;
    private static final Script WALK = Script.load(QueueSearch.class, "walk.lua");

    private final ScriptRunner redis;
    private final Partitions partitions;
    private final int most;

    public QueueSearch(RedisServer server, QueueOptions options) {
        this(new ScriptRunner(server), options, MAX_SEARCHED);
    }

    QueueSearch(ScriptRunner redis, QueueOptions options, int most) {
        this.redis = redis;
        this.partitions = new Partitions(redis, options);
        this.most = most;
    }

    /** Where a job waits. */
    public enum Place {
        RETRY,
        REPLAY,
        READY,
        SUSPECT,
        CLAIMED
    }

    /**
     * A job that is not done yet.
     *
     * @param job without its body
     * @param until when it is tried again at the earliest (retry), or when its lease ends unless renewed (claimed)
     * @param claim which claim holds it; empty unless claimed
     */
    public record Found(Job job, Place place, Optional<Instant> until, Optional<String> claim) {}

    /**
     * What a search came to.
     *
     * @param gaveUp whether there were more jobs than a search looks at
     */
    public record Result(Optional<Found> found, boolean gaveUp) {}

    /**
     * How many jobs there are of a kind.
     *
     * @param gaveUp whether there were more jobs than a search looks at
     */
    public record Count(int jobs, boolean gaveUp) {}

    /** Looks for one job; dead letters are not searched, {@link DeadLetters#find} knows them by their ids. */
    public Result find(String jobId) {
        var line = (jobId + "\n").getBytes(UTF_8);
        var walk = new Walk(Partitions.of(partitions.all(), jobId).keys(), HEADERS, most);
        return new Result(walk.first(bytes -> Arrays.mismatch(line, bytes) == line.length), walk.left < 0);
    }

    /** Counts the jobs that match, looking at their bodies too. */
    public Count count(Predicate<Job> matching) {
        var found = new AtomicInteger();
        int left = most;
        for (var partition : partitions.all()) {
            var walk = new Walk(partition.keys(), BODIES, left);
            var unused = walk.first(bytes -> {
                if (matches(matching, bytes)) {
                    found.incrementAndGet();
                }
                return false;
            });
            left = walk.left;
        }
        return new Count(found.get(), left < 0);
    }

    private static boolean matches(Predicate<Job> matching, byte[] bytes) {
        try {
            return matching.test(JobCodec.decode(bytes));
        } catch (JobFormatException e) {
            return matching.test(JobCodec.unreadable(bytes, Instant.EPOCH));
        }
    }

    /** A way through one partition. */
    private final class Walk {
        private final QueueKeys keys;
        private final int piece;
        /** How many jobs may be looked at yet; negative when there were more. */
        private int left;

        Walk(QueueKeys keys, int piece, int left) {
            this.keys = keys;
            this.piece = piece;
            this.left = left;
        }

        Optional<Found> first(Predicate<byte[]> matching) {
            return in(keys.retry, Place.RETRY, matching)
                    .or(() -> in(keys.replay, Place.REPLAY, matching))
                    .or(() -> in(keys.ready, Place.READY, matching))
                    .or(() -> in(keys.suspect, Place.SUSPECT, matching))
                    .or(() -> claimed(matching));
        }

        private Optional<Found> claimed(Predicate<byte[]> matching) {
            var claims =
                    redis.await(redis.send(keys.claims, commands -> commands.zrangeWithScores(keys.claims, 0, -1)));
            for (var claim : claims) {
                var id = new String(claim.getValue(), UTF_8);
                var found = in(keys.claim(id), Place.CLAIMED, matching);
                if (found.isPresent()) {
                    var until = Instant.ofEpochMilli((long) claim.getScore());
                    return found.map(one -> new Found(one.job, one.place, Optional.of(until), Optional.of(id)));
                }
            }
            return Optional.empty();
        }

        private Optional<Found> in(String key, Place place, Predicate<byte[]> matching) {
            int width = place == Place.RETRY ? 2 : 1;
            for (int from = 0; left >= 0; from += piece) {
                var jobs = piece(key, place, from);
                left -= jobs.size() / width;
                for (int i = 0; i < jobs.size(); i += width) {
                    var bytes = (byte[]) jobs.get(i);
                    if (matching.test(bytes)) {
                        var until = width == 1 ? Optional.<Instant>empty() : Optional.of(due(jobs.get(i + 1)));
                        return Optional.of(new Found(JobCodec.decode(bytes), place, until, Optional.empty()));
                    }
                }
                if (jobs.size() / width < piece) {
                    break;
                }
            }
            return Optional.empty();
        }

        private List<Object> piece(String key, Place place, int from) {
            return redis.await(redis.run(
                    WALK,
                    MULTI,
                    new String[] {key},
                    argument(from),
                    argument(from + piece - 1),
                    argument(place == Place.RETRY ? "zset" : "list"),
                    argument(piece == BODIES ? "bodies" : "headers")));
        }

        private static Instant due(Object score) {
            return Instant.ofEpochMilli((long) Double.parseDouble(new String((byte[]) score, UTF_8)));
        }
    }
}
