package dev.freshet.worker.frontend;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The instances of each front end as Redis knows them: those that any worker has met and nobody has forgotten. What is
 * recorded names the generation it knows, so that an instance which another worker has met a moment ago is not left out.
 */
final class Registry {
    private static final Script JOIN = Script.load(Registry.class, "join.lua");
    private static final Script FORGET = Script.load(Registry.class, "forget.lua");

    private final ScriptRunner redis;
    private final OwedKeys keys;
    private final Map<String, Members> known = new ConcurrentHashMap<>();

    /**
     * All instances of a front end.
     *
     * @param generation another one when an instance comes or goes; empty before the first one came
     * @param names of the instances
     */
    record Members(String generation, List<String> names) {}

    Registry(ScriptRunner redis, OwedKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** As this process last saw them, which may be before others came. */
    Members known(String frontEnd) {
        var members = known.get(frontEnd);
        return members == null ? join(frontEnd, List.of()) : members;
    }

    /**
     * Says that these are there; those that are new owe everything.
     *
     * @param names may be empty
     * @return all there are
     */
    Members join(String frontEnd, Collection<String> names) {
        var keyNames = new ArrayList<String>();
        keyNames.add(keys.numbers(frontEnd));
        keyNames.add(keys.generation(frontEnd));
        keyNames.add(keys.instances(frontEnd));
        var arguments = new ArrayList<byte[]>();
        arguments.add(generation());
        for (var name : names) {
            keyNames.add(keys.owed(frontEnd, name));
            keyNames.add(keys.counters(frontEnd, name));
            arguments.add(argument(name));
        }
        List<Object> answer = redis.await(redis.runTimed(
                JOIN, ScriptOutputType.MULTI, keyNames.toArray(String[]::new), arguments.toArray(byte[][]::new)));
        var texts =
                answer.stream().map(part -> new String((byte[]) part, UTF_8)).toList();
        var members = new Members(texts.getFirst(), texts.subList(1, texts.size()));
        known.put(frontEnd, members);
        return members;
    }

    /**
     * Forgets an instance that nobody has seen for so long.
     *
     * @return how many members it had not confirmed; -1 when it stays
     */
    long forget(String frontEnd, String name, Duration unseen) {
        String[] names = {
            keys.generation(frontEnd),
            keys.instances(frontEnd),
            keys.owed(frontEnd, name),
            keys.counters(frontEnd, name),
            keys.state(frontEnd, name),
            keys.proofs(frontEnd, name),
            keys.proving(frontEnd, name),
            keys.stale(frontEnd, name)
        };
        return redis.await(redis.<Long>runTimed(
                FORGET, ScriptOutputType.INTEGER, names, generation(), argument(name), argument(unseen.toMillis())));
    }

    private static byte[] generation() {
        return argument(UUID.randomUUID().toString());
    }
}
