package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;
import static io.lettuce.core.ScriptOutputType.MULTI;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.queue.Stray.Kind;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.MapScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One audit of all partitions. What may be a stray is looked for page by page, so that Redis is held up by none of it;
 * whether it is one, and whether the sum is right, a single script of each partition says of a single moment.
 */
final class Inspection {
    /** How many names one script judges. */
    private static final int CHUNK = 1_000;

    /** Of more jobs the bytes are not counted anew, which would hold up Redis. */
    private static final int MOST_WEIGHED = 1_000;

    private static final int KEYS_ON_A_PAGE = 1_000;
    /** Redis copies the letters of a page to read their names. */
    private static final int LETTERS_ON_A_PAGE = 50;

    private static final Script AUDIT = Script.load(Inspection.class, "audit.lua");
    private static final Script UNPAIRED = Script.load(Inspection.class, "unpaired.lua");

    private final ScriptRunner redis;
    private final String prefix;
    private final List<Partition> partitions;

    Inspection(ScriptRunner redis, String prefix, List<Partition> partitions) {
        this.redis = redis;
        this.prefix = prefix;
        this.partitions = partitions;
    }

    QueueAudit run(boolean mend) {
        var lists = claimLists();
        var statuses = new ArrayList<QueueStatus>();
        var strays = new LinkedHashSet<Stray>();
        for (var partition : partitions) {
            var keys = partition.keys();
            var doubtful = new ArrayList<>(lists.getOrDefault(partition.number(), List.of()));
            doubtful.add(new Stray(partition.number(), Kind.COUNT, "dead"));
            doubtful.add(new Stray(partition.number(), Kind.COUNT, QueueStatus.BYTES));
            doubtful.addAll(unpaired(Kind.LETTER, partition, "HSCAN", keys.dead, keys.deadAt, LETTERS_ON_A_PAGE));
            doubtful.addAll(unpaired(Kind.TIME, partition, "ZSCAN", keys.deadAt, keys.dead, KEYS_ON_A_PAGE));
            doubtful.addAll(fields(Kind.CRASHES, partition, keys.crashes));
            doubtful.addAll(fields(Kind.AWAITED, partition, keys.awaited));
            for (int from = 0; from == 0 || from < doubtful.size(); from += CHUNK) {
                var some = doubtful.subList(from, Math.min(doubtful.size(), from + CHUNK));
                List<Object> answer = judge(partition, some, mend);
                if (from == 0) {
                    statuses.add(QueueStatus.read(list(answer.getFirst())));
                }
                strays.addAll(strays(partition, list(answer.get(1))));
            }
        }
        return new QueueAudit(statuses, List.copyOf(strays));
    }

    private List<Object> judge(Partition partition, List<Stray> doubtful, boolean mend) {
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(mend ? "mend" : "look"));
        arguments.add(argument(MOST_WEIGHED));
        for (var stray : doubtful) {
            arguments.add(argument(stray.kind().code()));
            arguments.add(argument(stray.name()));
        }
        return redis.await(redis.runTimed(AUDIT, MULTI, partition.keys().audited(), arguments.toArray(byte[][]::new)));
    }

    /** The lists of all claims by partition, whether there are leases or not. */
    private Map<Integer, List<Stray>> claimLists() {
        var keys = new ArrayList<String>();
        for (var session : redis.server().sessionsNow()) {
            scan(session, ScanArgs.Builder.matches(prefix + ":{q:*}:claim:*").limit(KEYS_ON_A_PAGE), keys);
        }
        var lists = new HashMap<Integer, List<Stray>>();
        for (var partition : partitions) {
            var beginning = partition.keys().claimPrefix;
            lists.put(
                    partition.number(),
                    keys.stream()
                            .filter(key -> key.startsWith(beginning))
                            .distinct()
                            .map(key -> new Stray(partition.number(), Kind.LIST, key.substring(beginning.length())))
                            .toList());
        }
        return lists;
    }

    private void scan(RedisSession session, ScanArgs args, Collection<String> keys) {
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            var page = redis.await(session.commands().scan(cursor, args));
            keys.addAll(page.getKeys());
            cursor = page;
        } while (!cursor.isFinished());
    }

    private List<Stray> unpaired(Kind kind, Partition partition, String scan, String walked, String other, int count) {
        var found = new ArrayList<Stray>();
        var cursor = "0";
        do {
            List<Object> page = redis.await(redis.run(
                    UNPAIRED, MULTI, new String[] {walked, other}, argument(cursor), argument(scan), argument(count)));
            cursor = text(page.getFirst());
            list(page.get(1)).forEach(name -> found.add(new Stray(partition.number(), kind, text(name))));
        } while (!cursor.equals("0"));
        return found;
    }

    private List<Stray> fields(Kind kind, Partition partition, String hash) {
        var found = new ArrayList<Stray>();
        MapScanCursor<String, byte[]> page;
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            var from = cursor;
            page = redis.await(
                    redis.send(hash, commands -> commands.hscan(hash, from, ScanArgs.Builder.limit(KEYS_ON_A_PAGE))));
            page.getMap().keySet().forEach(id -> found.add(new Stray(partition.number(), kind, id)));
            cursor = page;
        } while (!cursor.isFinished());
        return found;
    }

    private static List<Stray> strays(Partition partition, List<Object> pairs) {
        var strays = new ArrayList<Stray>();
        for (int i = 0; i < pairs.size(); i += 2) {
            var kind = Kind.valueOf(text(pairs.get(i)).toUpperCase(Locale.ROOT));
            strays.add(new Stray(partition.number(), kind, text(pairs.get(i + 1))));
        }
        return strays;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object answer) {
        return (List<Object>) answer;
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
