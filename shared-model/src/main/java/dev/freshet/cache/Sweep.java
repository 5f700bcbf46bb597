package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One walk over the keys of some tags. What it learns of an entry it learns without a write on the read path: from
 * Redis' own note of the last access. Its own looking counts as an access too, so it writes down up to when it knows.
 */
final class Sweep {
    private static final Script SWEEP = Script.load(Sweep.class, "sweep.lua");
    private static final ScanArgs CHUNK = ScanArgs.Builder.limit(100);
    private static final int USUAL_HEADER = 1_024;
    private static final byte[] NOTHING = new byte[0];
    /** Redis notes accesses by the second; one this close to the last thing we did may be our own. */
    private static final Duration RESOLUTION = Duration.ofSeconds(2);

    private final RedisServer server;
    private final CacheKeys keys;
    private final Map<String, Hot> hot = new LinkedHashMap<>();

    /** With the process that holds the bucket at hand. */
    private RedisSession session;

    Sweep(RedisServer server, CacheKeys keys) {
        this.server = server;
        this.keys = keys;
        this.session = server.session();
    }

    List<Hot> run(List<Tag> tags) {
        for (var tag : tags) {
            for (int bucket = 0; bucket < keys.buckets(); bucket++) {
                walk(bucket, keys.index(bucket, tag));
            }
        }
        return List.copyOf(hot.values());
    }

    private void walk(int bucket, String index) {
        session = server.session(index);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            var page = server.await(session.commands().zscan(index, cursor, CHUNK));
            var members = page.getValues().stream()
                    .map(ScoredValue::getValue)
                    .map(member -> new String(member, UTF_8))
                    .toList();
            if (!members.isEmpty()) {
                sweep(bucket, index, members);
            }
            cursor = page;
        } while (!cursor.isFinished());
    }

    private void sweep(int bucket, String index, List<String> members) {
        var looks = members.stream().map(this::look).toList();
        var now = now();
        var seen = looks.stream().map(this::await).toList();
        var epochs = currentEpochs(bucket, seen);
        var names = new ArrayList<>(List.of(index));
        var arguments = new ArrayList<byte[]>();
        for (var one : seen) {
            var stored = one.stored();
            names.add(keys.entry(one.key()));
            arguments.add(Script.argument(one.key()));
            arguments.add(Script.argument(stored == null ? "" : stored.token()));
            arguments.add(stored == null ? NOTHING : judge(one, stored, epochs, now));
        }
        server.await(SWEEP.<Long>run(
                session.commands(),
                ScriptOutputType.INTEGER,
                names.toArray(String[]::new),
                arguments.toArray(byte[][]::new)));
    }

    /** @return the stamp to write, or nothing when the entry is to be freed */
    private byte[] judge(Seen seen, Stored stored, Map<Tag, String> epochs, Instant now) {
        var lastRead = lastRead(seen.idle(), stored, now);
        if (!isCurrent(stored, epochs)) {
            boolean isHot = lastRead.plus(stored.hotFor()).isAfter(now);
            if (isHot) {
                hot.put(seen.key(), new Hot(seen.key(), stored.entry().origin(), lastRead));
            } else if (!stored.staleAfterInvalidate()) {
                return NOTHING;
            }
        }
        return Stored.stamp(lastRead, now);
    }

    /** @param idle since the last access, whoever it was; null when Redis does not know */
    static Instant lastRead(@Nullable Duration idle, Stored stored, Instant now) {
        if (idle == null) {
            return now;
        }
        var access = now.minus(idle);
        boolean wasReader = access.isAfter(stored.observedAt().plus(RESOLUTION));
        return wasReader ? access : stored.entry().lastRead();
    }

    private boolean isCurrent(Stored stored, Map<Tag, String> epochs) {
        return stored.runId().equals(session.runId())
                && stored.tags().stream().map(epochs::get).toList().equals(stored.epochs());
    }

    /** Asks for the last access before it looks at the entry, which is an access itself. */
    private Look look(String key) {
        var name = keys.entry(key);
        return new Look(
                key, session.commands().objectIdletime(name), session.commands().getrange(name, 0, USUAL_HEADER - 1));
    }

    private Map<Tag, String> currentEpochs(int bucket, Collection<Seen> seen) {
        var tags = seen.stream()
                .map(Seen::stored)
                .flatMap(stored -> stored == null ? Stream.of() : stored.tags().stream())
                .distinct()
                .toList();
        if (tags.isEmpty()) {
            return Map.of();
        }
        var names = tags.stream().map(tag -> keys.epoch(bucket, tag)).toArray(String[]::new);
        var values = server.await(session.commands().mget(names));
        var epochs = new HashMap<Tag, String>();
        for (int i = 0; i < tags.size(); i++) {
            if (values.get(i).hasValue()) {
                epochs.put(tags.get(i), new String(values.get(i).getValue(), UTF_8));
            }
        }
        return epochs;
    }

    private Seen await(Look look) {
        var head = server.await(look.head());
        int header = Stored.headerLength(head);
        if (header > head.length) {
            head = server.await(session.commands().getrange(keys.entry(look.key()), 0, header - 1));
        }
        boolean isWhole = header > 0 && head.length >= header;
        return new Seen(look.key(), idle(look), isWhole ? Stored.decodeHeader(head) : null);
    }

    private @Nullable Duration idle(Look look) {
        try {
            var seconds = server.await(look.idle());
            return seconds == null ? null : Duration.ofSeconds(seconds);
        } catch (RedisCommandExecutionException e) {
            return null; // under an LFU policy Redis keeps no access times
        }
    }

    private Instant now() {
        var time = server.await(session.commands().time());
        return Instant.ofEpochSecond(number(time.get(0)), number(time.get(1)) * 1_000);
    }

    private static long number(byte[] digits) {
        return Long.parseLong(new String(digits, UTF_8));
    }

    private record Look(String key, CompletionStage<Long> idle, CompletionStage<byte[]> head) {}

    /**
     * @param idle since the last access; null when Redis does not know, which counts as just read
     * @param stored null when there is no entry any more, or one of another version's format
     */
    private record Seen(
            String key, @Nullable Duration idle, @Nullable Stored stored) {}
}
