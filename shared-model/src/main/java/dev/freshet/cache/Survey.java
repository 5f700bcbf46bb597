package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.Seen.Epoch;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a cache without being one of its readers: for people who ask what lies there, and for whoever compares it
 * with the database. It says what is there also where no reader would get it, and takes no part in the statistics. What
 * it looks at does not become hot.
 *
 * <p>All methods throw {@link RedisException} when Redis is away.
 */
public final class Survey {
    private static final Script SWEEP = Script.load(Survey.class, "sweep.lua");
    private static final int PAGE = 500;
    private static final int USUAL_HEADER = 1_024;
    /** Below this many keys in Redis a sample looks at all of them, else it draws at random. */
    private static final int FEW = 100_000;

    private static final int DRAWS = 20_000;

    private final RedisServer server;
    private final CacheKeys keys;
    private final Clock clock = Clock.systemUTC();

    public Survey(RedisServer server, CacheOptions options) {
        this.server = server;
        this.keys = new CacheKeys(options.prefix(), new Buckets(server, options));
    }

    /**
     * Walks the keys that are cached, in no order; one that is stored or removed meanwhile may come or not.
     *
     * @param glob of the cache's keys, as Redis matches it: {@code *}, {@code ?}, {@code [ab]}, and a backslash before a
     *     character that is meant itself
     * @param page takes some keys, perhaps none, and says whether to go on
     */
    public void walk(String glob, Predicate<List<String>> page) {
        // ends with the first page that wants no other
        var unused = new Scan(server)
                .pages(keys.pattern("e", glob))
                .allMatch(found -> page.test(found.names().stream()
                        .flatMap(name -> keyOf(name).stream())
                        .toList()));
    }

    /**
     * Keys taken at random. In a Redis with very many keys, of which few are wanted, it finds fewer.
     *
     * @param n how many at the most
     */
    public List<String> sample(int n, Predicate<String> wanted) {
        var found = size() <= FEW ? all(wanted) : drawn(n, wanted);
        var shuffled = new ArrayList<>(found);
        Collections.shuffle(shuffled);
        return List.copyOf(shuffled.subList(0, Math.min(n, shuffled.size())));
    }

    /** How many keys Redis holds in all, of the cache or not. */
    public long size() {
        return server.sessions().stream().map(session -> session.commands().dbsize()).toList().stream()
                .mapToLong(server::await)
                .sum();
    }

    /**
     * Looks at entries as they are.
     *
     * @return in the order of the keys; what is not there, or is of another version's format, is left out
     */
    public List<Seen> look(Collection<String> wanted) {
        return look(wanted, true);
    }

    /** As {@link #look}, without the values: their payloads are empty. */
    public List<Seen> heads(Collection<String> wanted) {
        return look(wanted, false);
    }

    private List<Seen> look(Collection<String> wanted, boolean whole) {
        var seen = new ArrayList<Seen>();
        var rest = List.copyOf(wanted);
        for (int from = 0; from < rest.size(); from += PAGE) {
            seen.addAll(lookAtPage(rest.subList(from, Math.min(from + PAGE, rest.size())), whole));
        }
        return seen;
    }

    /** How hot keys are, without looking at them. @return in the order of the keys; what is not there is left out */
    public List<Heat> heat(List<String> wanted) {
        var asked = wanted.stream().map(this::ask).toList();
        return asked.stream().flatMap(one -> heat(one).stream()).toList();
    }

    /**
     * How hot a key is.
     *
     * @param idle since anybody came near it, a reader or not; empty where Redis does not note it
     * @param frequency as in {@link Seen}
     */
    public record Heat(String key, Optional<Duration> idle, OptionalInt frequency) implements Comparable<Heat> {
        /** The hotter one first. */
        @Override
        public int compareTo(Heat other) {
            int byFrequency = Integer.compare(other.frequency.orElse(0), frequency.orElse(0));
            return byFrequency != 0
                    ? byFrequency
                    : idle.orElse(Duration.ZERO).compareTo(other.idle.orElse(Duration.ZERO));
        }
    }

    private Set<String> all(Predicate<String> wanted) {
        var found = new LinkedHashSet<String>();
        walk("*", page -> {
            page.stream().filter(wanted).forEach(found::add);
            return true;
        });
        return found;
    }

    private Set<String> drawn(int n, Predicate<String> wanted) {
        var found = new LinkedHashSet<String>();
        for (int draws = 0; draws < DRAWS && found.size() < n; draws += PAGE) {
            for (var session : server.sessions()) {
                var answers = new ArrayList<CompletionStage<String>>();
                for (int i = 0; i < PAGE; i++) {
                    answers.add(session.commands().randomkey());
                }
                answers.stream()
                        .map(server::await)
                        .flatMap(name -> keyOf(name).stream())
                        .filter(wanted)
                        .forEach(found::add);
            }
        }
        return found;
    }

    /** @return empty when it is no entry of ours */
    private Optional<String> keyOf(@Nullable String name) {
        return name == null ? Optional.empty() : keys.keyOf('e', name);
    }

    private record Asked(String key, CompletionStage<@Nullable Long> idle, CompletionStage<@Nullable Long> frequency) {}

    private Asked ask(String key) {
        var name = keys.entry(key);
        return new Asked(
                key,
                server.send(name, session -> session.commands().objectIdletime(name)),
                server.send(name, session -> session.commands().objectFreq(name)));
    }

    private Optional<Heat> heat(Asked asked) {
        var idle = noted(asked.idle());
        var frequency = noted(asked.frequency());
        return idle.isEmpty() && frequency.isEmpty()
                ? Optional.empty()
                : Optional.of(new Heat(
                        asked.key(),
                        idle.map(Duration::ofSeconds),
                        frequency.map(f -> OptionalInt.of(f.intValue())).orElse(OptionalInt.empty())));
    }

    /** Redis notes the one or the other, and refuses to answer for the one it does not. */
    private Optional<Long> noted(CompletionStage<@Nullable Long> answer) {
        try {
            return Optional.ofNullable(server.await(answer));
        } catch (RedisCommandExecutionException e) {
            if (RedisServer.isOutage(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private record Looking(
            String key,
            Asked heat,
            CompletionStage<Long> left,
            CompletionStage<Long> length,
            CompletionStage<byte @Nullable []> value) {}

    private List<Seen> lookAtPage(List<String> page, boolean whole) {
        var looking = page.stream().map(key -> looking(key, whole)).toList();
        var seen = new ArrayList<CompletionStage<Seen>>();
        for (var one : looking) {
            var value = server.await(one.value());
            var heat = heat(one.heat());
            long left = server.await(one.left());
            int length = server.await(one.length()).intValue();
            if (value != null) {
                var stored = whole ? Stored.decode(value) : header(one.key(), value);
                stored.ifPresent(found -> seen.add(judge(one.key(), found, length, left, heat)));
            }
        }
        return seen.stream().map(server::await).toList();
    }

    private Looking looking(String key, boolean whole) {
        var name = keys.entry(key);
        var heat = ask(key); // first: reading the value counts as asking for it
        return new Looking(
                key,
                heat,
                server.send(name, session -> session.commands().pttl(name)),
                server.send(name, session -> session.commands().strlen(name)),
                server.send(
                        name,
                        session -> whole
                                ? session.commands().get(name)
                                : session.commands().getrange(name, 0, USUAL_HEADER - 1)));
    }

    private Optional<Stored> header(String key, byte[] start) {
        int length = Stored.headerLength(start);
        var name = keys.entry(key);
        var header = length <= start.length
                ? start
                : server.await(server.send(name, session -> session.commands().getrange(name, 0, length - 1)));
        return length == 0 || header.length < length ? Optional.empty() : Optional.of(Stored.decodeHeader(header));
    }

    /** Asks for the epochs, over the very session whose run id is compared, and takes back that the entry was read. */
    private CompletionStage<Seen> judge(String key, Stored stored, int bytes, long left, Optional<Heat> heat) {
        int bucket = keys.bucketOf(key);
        var idle = heat.flatMap(Heat::idle);
        var frequency = heat.map(Heat::frequency).orElse(OptionalInt.empty());
        return server.send(keys.entry(key), session -> {
            var untouched = untouch(session, key, stored, idle);
            var names =
                    stored.tags().stream().map(tag -> keys.epoch(bucket, tag)).toArray(String[]::new);
            return untouched.thenCompose(sinceRead -> epochs(session, names)
                    .thenApply(epochs -> new Seen(
                            key,
                            stored.token(),
                            stored.entry(),
                            compare(stored, epochs),
                            stored.runId().equals(session.runId()),
                            new Found(stored, true).isHit(clock.instant()),
                            Duration.ofMillis(Math.max(0, left)),
                            bytes,
                            sinceRead,
                            frequency)));
        });
    }

    /**
     * Notes in the entry when it was last read, so that the next sweep does not take our look for a reader's.
     *
     * @return how long ago that was
     */
    private CompletionStage<Optional<Duration>> untouch(
            RedisSession session, String key, Stored stored, Optional<Duration> idle) {
        if (idle.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty()); // no times are kept
        }
        return session.commands().time().thenCompose(time -> {
            var now = Instant.ofEpochSecond(number(time.get(0)), number(time.get(1)) * 1_000);
            var lastRead = Sweep.lastRead(idle.get(), stored, now);
            var names = new String[] {keys.entry(key), keys.entry(key)};
            return SWEEP.<Long>run(
                            session.commands(),
                            ScriptOutputType.INTEGER,
                            names,
                            Script.argument(key),
                            Script.argument(stored.token()),
                            Stored.stamp(lastRead, now))
                    .thenApply(done -> Optional.of(Duration.between(lastRead, now)));
        });
    }

    private static CompletionStage<List<KeyValue<String, byte[]>>> epochs(RedisSession session, String[] names) {
        return names.length == 0
                ? CompletableFuture.completedStage(List.of())
                : session.commands().mget(names);
    }

    private static Map<Tag, Epoch> compare(Stored stored, List<KeyValue<String, byte[]>> epochs) {
        var states = new TreeMap<Tag, Epoch>();
        for (int i = 0; i < stored.tags().size(); i++) {
            var now = epochs.get(i);
            states.put(
                    stored.tags().get(i),
                    !now.hasValue()
                            ? Epoch.MISSING
                            : stored.epochs().get(i).equals(new String(now.getValue(), UTF_8))
                                    ? Epoch.CURRENT
                                    : Epoch.MOVED);
        }
        return states;
    }

    private static long number(byte[] digits) {
        return Long.parseLong(new String(digits, UTF_8));
    }
}
