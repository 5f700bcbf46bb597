package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One walk over the keys of some tags. What it learns of an entry it learns without a write on the read path: from
 * Redis' own note of the last access. Its own looking counts as an access too, so it writes down up to when it knows.
 */
final class Sweep {
    private static final Script LOOK = Script.load(Sweep.class, "look.lua");
    private static final Script IN_USE = Script.load(Sweep.class, "in_use.lua");
    private static final Script SWEEP = Script.load(Sweep.class, "sweep.lua");
    /** Of entries that one script looks at. */
    private static final int CHUNK = 200;

    /** Of entries whose scripts are on their way at the same time. */
    private static final int TOGETHER = 5 * CHUNK;

    private static final ScanArgs PAGE = ScanArgs.Builder.limit(TOGETHER);
    private static final int TAGS_TOGETHER = 50;
    /** Of tags that one command asks about. */
    private static final int MOST_TAGS = 100;

    private static final int USUAL_HEADER = 1_024;
    /** Of {@link #kept}; beyond them a second look only takes the first for a reader. */
    private static final int MOST_KEPT = 100_000;

    private static final byte[] NOTHING = new byte[0];
    /** Redis notes accesses by the second; one this close to the last thing we did may be our own. */
    private static final Duration RESOLUTION = Duration.ofSeconds(2);

    private final RedisServer server;
    private final CacheKeys keys;
    private final Map<String, Hot> hot = new LinkedHashMap<>();
    private final Map<Hot, Tag> tags = new LinkedHashMap<>();
    /** What was looked at and stays, where there are several tags: under the next one it need not be looked at again. */
    private final Set<String> kept = new HashSet<>();

    private boolean hasSeveral;

    /** With the process that holds the bucket at hand. */
    private RedisSession session;

    /** On the way through the keys of one tag. */
    private record Walk(Tag tag, String index, ScanCursor at) {}

    private record Member(Tag tag, String index, String key) {}

    /** What becomes of an entry: the stamp to write, nothing to free it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Verdict(String token, byte[] stamp) {}

    Sweep(RedisServer server, CacheKeys keys) {
        this.server = server;
        this.keys = keys;
        this.session = server.session();
    }

    /** Those of the tags under which keys are noted in some bucket. */
    Set<Tag> inUse(List<Tag> tags) {
        var answers = new ArrayList<CompletionStage<List<Tag>>>();
        int count = keys.buckets();
        for (int bucket = 0; bucket < count; bucket++) {
            for (var some : parts(tags, MOST_TAGS)) {
                answers.add(inUse(bucket, some));
            }
        }
        return answers.stream().flatMap(answer -> server.await(answer).stream()).collect(Collectors.toSet());
    }

    /** Mostly none of them is, which one command tells. */
    private CompletionStage<List<Tag>> inUse(int bucket, List<Tag> some) {
        var indexes = some.stream().map(tag -> keys.index(bucket, tag)).toArray(String[]::new);
        return server.send(
                indexes[0],
                session -> session.commands()
                        .exists(indexes)
                        .thenCompose(found -> found == 0
                                ? CompletableFuture.completedFuture(List.<Tag>of())
                                : inUse(session, indexes, some)));
    }

    private static CompletionStage<List<Tag>> inUse(RedisSession session, String[] indexes, List<Tag> some) {
        return IN_USE.<List<Long>>run(session.commands(), ScriptOutputType.MULTI, indexes)
                .thenApply(places ->
                        places.stream().map(place -> some.get(place.intValue())).toList());
    }

    /** @return what is hot, each with the first of the tags that it has */
    Map<Hot, Tag> run(List<Tag> tags) {
        hasSeveral = tags.size() > 1;
        for (int bucket = 0; bucket < keys.buckets(); bucket++) {
            for (var some : parts(tags, TAGS_TOGETHER)) {
                walk(bucket, some);
            }
            kept.clear(); // no other bucket has these keys
        }
        return this.tags;
    }

    /** Through all these tags at once: most of them have few keys. */
    private void walk(int bucket, List<Tag> some) {
        session = server.session(keys.index(bucket, some.getFirst()));
        var walks = some.stream()
                .map(tag -> new Walk(tag, keys.index(bucket, tag), ScanCursor.INITIAL))
                .toList();
        while (!walks.isEmpty()) {
            var pages = walks.stream()
                    .map(walk -> session.commands().zscan(walk.index, walk.at, PAGE))
                    .toList();
            var members = new ArrayList<Member>();
            var further = new ArrayList<Walk>();
            for (int i = 0; i < pages.size(); i++) {
                var walk = walks.get(i);
                var page = server.await(pages.get(i));
                page.getValues().stream()
                        .map(member -> new Member(walk.tag, walk.index, new String(member.getValue(), UTF_8)))
                        .forEach(members::add);
                if (!page.isFinished()) {
                    further.add(new Walk(walk.tag, walk.index, page));
                }
            }
            parts(members, TOGETHER).forEach(part -> sweep(bucket, part));
            walks = List.copyOf(further);
        }
    }

    /** An entry under several of the tags is looked at once: the second look would take the first for a reader. */
    private void sweep(int bucket, List<Member> members) {
        var firsts = new LinkedHashMap<String, Member>();
        members.stream()
                .filter(member -> !kept.contains(member.key))
                .forEach(member -> firsts.putIfAbsent(member.key, member));
        if (firsts.isEmpty()) {
            return;
        }
        var seen = look(List.copyOf(firsts.values()));
        var epochs = currentEpochs(bucket, seen);
        var verdicts = new HashMap<String, Verdict>();
        for (var one : seen) {
            var stored = one.stored();
            verdicts.put(
                    one.key(),
                    stored == null
                            ? new Verdict("", NOTHING)
                            : new Verdict(stored.token(), judge(one, stored, epochs)));
        }
        parts(members, CHUNK).stream()
                .map(some -> note(some, verdicts))
                .toList()
                .forEach(server::await);
    }

    private CompletionStage<Long> note(List<Member> members, Map<String, Verdict> verdicts) {
        var names = new ArrayList<String>();
        var arguments = new ArrayList<byte[]>();
        for (var member : members) {
            var verdict = verdicts.get(member.key);
            if (verdict != null) {
                names.add(member.index);
                names.add(keys.entry(member.key));
                arguments.add(Script.argument(member.key));
                arguments.add(Script.argument(verdict.token));
                arguments.add(verdict.stamp);
            }
        }
        return names.isEmpty()
                ? CompletableFuture.completedFuture(0L)
                : SWEEP.run(
                        session.commands(),
                        ScriptOutputType.INTEGER,
                        names.toArray(String[]::new),
                        arguments.toArray(byte[][]::new));
    }

    /** @return the stamp to write, or nothing when the entry is to be freed */
    private byte[] judge(Seen seen, Stored stored, Map<Tag, String> epochs) {
        var now = seen.at();
        var lastRead = lastRead(seen.idle(), stored, now);
        if (!isCurrent(stored, epochs)) {
            boolean isHot = lastRead.plus(stored.hotFor()).isAfter(now);
            if (isHot) {
                var found = new Hot(seen.key(), stored.entry().origin(), lastRead);
                if (hot.putIfAbsent(seen.key(), found) == null) {
                    tags.put(found, seen.member.tag);
                }
            } else if (!stored.staleAfterInvalidate()) {
                return NOTHING;
            }
        }
        if (hasSeveral && kept.size() < MOST_KEPT) {
            kept.add(seen.key());
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

    private List<Seen> look(List<Member> members) {
        var chunks = parts(members, CHUNK);
        var looks = chunks.stream().map(this::ask).toList();
        var seen = new ArrayList<Seen>();
        for (int i = 0; i < chunks.size(); i++) {
            var chunk = chunks.get(i);
            var answer = server.await(looks.get(i));
            var at = Instant.ofEpochSecond((Long) answer.get(0), (Long) answer.get(1) * 1_000);
            var heads = heads(chunk, answer);
            for (int j = 0; j < chunk.size(); j++) {
                seen.add(seen(chunk.get(j), (Long) answer.get(2 * j + 2), heads.get(j), at));
            }
        }
        return seen;
    }

    /** @return what {@code look.lua} answers */
    private CompletionStage<List<Object>> ask(List<Member> members) {
        return LOOK.run(
                session.commands(),
                ScriptOutputType.MULTI,
                members.stream().map(member -> keys.entry(member.key)).toArray(String[]::new),
                Script.argument(USUAL_HEADER));
    }

    /** Of this size each, but for the last one. */
    static <T> List<List<T>> parts(List<T> all, int size) {
        var parts = new ArrayList<List<T>>();
        for (int from = 0; from < all.size(); from += size) {
            parts.add(all.subList(from, Math.min(from + size, all.size())));
        }
        return parts;
    }

    /** The first bytes of each entry: for headers longer than usual more of them, all in one round trip. */
    private List<byte[]> heads(List<Member> members, List<Object> looks) {
        var heads = new ArrayList<CompletionStage<byte[]>>();
        for (int i = 0; i < members.size(); i++) {
            var first = (byte[]) looks.get(2 * i + 3);
            int header = Stored.headerLength(first);
            heads.add(
                    header > first.length
                            ? session.commands().getrange(keys.entry(members.get(i).key), 0, header - 1)
                            : CompletableFuture.completedFuture(first));
        }
        return heads.stream().map(server::await).toList();
    }

    private static Seen seen(Member member, long idle, byte[] head, Instant at) {
        int header = Stored.headerLength(head);
        boolean isWhole = header > 0 && head.length >= header;
        var stored = isWhole ? Stored.decodeHeader(head) : null;
        return new Seen(member, at, idle < 0 ? null : Duration.ofSeconds(idle), stored);
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

    /**
     * @param at by Redis' clock
     * @param idle since the last access; null when Redis does not know, which counts as just read
     * @param stored null when there is no entry any more, or one of another version's format
     */
    private record Seen(
            Member member,
            Instant at,
            @Nullable Duration idle,
            @Nullable Stored stored) {
        String key() {
            return member.key;
        }
    }
}
