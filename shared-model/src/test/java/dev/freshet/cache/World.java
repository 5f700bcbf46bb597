package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Real Redis processes whose contents are set and read at will: the second is what the first becomes by a restart, with
 * a run id of its own.
 */
final class World implements AutoCloseable {
    private static final String PREFIX = "i";

    private final List<EmbeddedRedis> processes = List.of(start(), start());
    private final List<RedisServer> servers = processes.stream()
            .map(process -> new RedisServer("cache", process.url(), Duration.ofSeconds(20)))
            .toList();
    private final CacheKeys keys = new CacheKeys(PREFIX, 1);
    /** What each process holds now; null where that is not known. */
    private final @Nullable Contents[] held = new Contents[2];

    private static EmbeddedRedis start() {
        return EmbeddedRedis.start(0, "appendonly no");
    }

    /** How the protocol stands in each process. */
    List<Protocol> protocols(BiFunction<RedisServer, CacheOptions, Protocol> making) {
        return servers.stream()
                .map(server -> making.apply(server, CacheOptions.defaults(PREFIX)))
                .toList();
    }

    /** What a process holds of one protocol. Never changed. */
    record Contents(Map<String, byte[]> strings, Map<String, List<String>> sets) {
        static final Contents NOTHING = new Contents(Map.of(), Map.of());

        List<String> names() {
            return Stream.concat(strings.keySet().stream(), sets.keySet().stream())
                    .sorted()
                    .toList();
        }

        Contents without(String name) {
            var otherStrings = new HashMap<>(strings);
            var otherSets = new HashMap<>(sets);
            otherStrings.remove(name);
            otherSets.remove(name);
            return new Contents(otherStrings, otherSets);
        }
    }

    /**
     * Sends what makes a process hold exactly this; what is sent after it finds it done.
     *
     * @param all every name that counts
     */
    @SuppressWarnings("ReferenceEquality") // what is equal and not the same is only sent again
    void restore(int process, Contents contents, String[] all) {
        if (held[process] == contents) {
            return;
        }
        held[process] = contents;
        var commands = servers.get(process).session().commands();
        var unused = new ArrayList<CompletionStage<?>>(List.of(commands.unlink(all)));
        if (!contents.strings().isEmpty()) {
            unused.add(commands.mset(contents.strings()));
        }
        contents.sets()
                .forEach((name, members) -> unused.add(commands.sadd(
                        name,
                        members.stream().map(member -> member.getBytes(UTF_8)).toArray(byte[][]::new))));
    }

    Contents contents(int process, List<String> strings, List<String> sets) {
        var server = servers.get(process);
        var commands = server.session().commands();
        var values = commands.mget(strings.toArray(String[]::new));
        var members = sets.stream().map(commands::smembers).toList();
        var foundStrings = new TreeMap<String, byte[]>();
        server.await(values).forEach(value -> value.ifHasValue(bytes -> foundStrings.put(value.getKey(), bytes)));
        var foundSets = new TreeMap<String, List<String>>();
        for (int i = 0; i < sets.size(); i++) {
            var found = server.await(members.get(i)).stream()
                    .map(member -> new String(member, UTF_8))
                    .sorted()
                    .toList();
            if (!found.isEmpty()) {
                foundSets.put(sets.get(i), found);
            }
        }
        var found = new Contents(foundStrings, foundSets);
        held[process] = found;
        return found;
    }

    @Override
    public void close() {
        servers.forEach(RedisServer::close);
        processes.forEach(EmbeddedRedis::close);
    }

    /** The names of what may be stored for these keys and tags. */
    List<String> strings(List<String> rows, List<Tag> tags) {
        return Stream.of(
                        rows.stream().map(keys::entry),
                        rows.stream().map(keys::lease),
                        tags.stream().map(tag -> keys.epoch(0, tag)))
                .flatMap(names -> names)
                .toList();
    }
}
