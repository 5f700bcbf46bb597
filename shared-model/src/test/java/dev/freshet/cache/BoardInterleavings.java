package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.BoardState.Actor;
import dev.freshet.cache.BoardState.Building;
import dev.freshet.cache.BoardState.Contents;
import dev.freshet.cache.BoardState.Move;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.ScoredValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Goes through every order in which builds, reads, patches, changes and mishaps of a board can happen, as {@link
 * Interleavings} does for values: each step is taken on a real Redis that is brought into the state at hand, and in every
 * state the board is read as by a reader who comes then.
 */
final class BoardInterleavings implements AutoCloseable {
    private static final CacheOptions OPTIONS = CacheOptions.defaults("b");

    private final List<EmbeddedRedis> processes = List.of(start(), start());
    private final List<RedisServer> servers = processes.stream()
            .map(process -> new RedisServer("cache", process.url(), java.time.Duration.ofSeconds(20)))
            .toList();
    private final CacheKeys keys = new CacheKeys("b", 1);

    /**
     * Who acts at the same time, beside a build that is stored from the beginning.
     *
     * @param evictions how many keys Redis may lose
     * @param repeats how many commands may be executed a second time
     * @param restarts 1 when Redis may come back with what it held at some earlier moment, else 0
     */
    record Scenario(String name, List<Actor> actors, int evictions, int repeats, int restarts) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** @param shortest how the first violation came to be, step by step; empty where there is none */
    record Findings(int states, Optional<String> shortest) {}

    private record Trail(@Nullable Trail before, String move) {
        @Override
        public String toString() {
            return (before == null ? "" : before + "\n") + "  " + move;
        }

        int length() {
            return 1 + (before == null ? 0 : before.length());
        }
    }

    private record Open(BoardState state, Trail trail) {}

    private static EmbeddedRedis start() {
        return EmbeddedRedis.start(0, "appendonly no");
    }

    /** Stops at the first violation: the shortest, since short orders come first. */
    Findings explore(Scenario scenario, BiFunction<RedisServer, CacheOptions, BoardSteps> making) {
        var steps =
                servers.stream().map(server -> making.apply(server, OPTIONS)).toList();
        var names = names(scenario);
        var first = first(scenario, steps.getFirst(), names);
        var seen = new HashSet<UUID>(List.of(first.fingerprint()));
        var open = new ArrayDeque<>(List.of(new Open(first, new Trail(null, "a build is stored"))));
        for (var at = open.poll(); at != null; at = open.poll()) {
            for (var move : at.state.moves()) {
                var next = apply(at.state, move, steps, names);
                if (seen.add(next.fingerprint())) {
                    var trail = new Trail(at.trail, move.name());
                    look(next, steps, names);
                    if (next.violation != null) {
                        return new Findings(seen.size(), Optional.of(trail + "\n  " + next.violation));
                    }
                    open.add(new Open(next, trail));
                }
            }
        }
        return new Findings(seen.size(), Optional.empty());
    }

    private BoardState first(Scenario scenario, BoardSteps steps, List<String> names) {
        var state = new BoardState();
        state.actors = List.of(Building.of("stored"));
        for (int i = 0; i < 5; i++) {
            state = apply(state, state.moves().getFirst(), List.of(steps, steps), names);
        }
        state.actors = scenario.actors;
        state.evictions = scenario.evictions;
        state.repeats = scenario.repeats;
        state.restarts = scenario.restarts;
        return state;
    }

    private BoardState apply(BoardState state, Move move, List<BoardSteps> steps, List<String> names) {
        if (move.usesRedis()) {
            restore(state.process, state.redis, names);
        }
        var next = move.run().apply(steps.get(state.process));
        if (move.usesRedis()) {
            next.redis = contents(state.process, names);
        }
        return next;
    }

    /** Reads the board as somebody who comes now. */
    private void look(BoardState state, List<BoardSteps> steps, List<String> names) {
        if (state.violation == null) {
            restore(state.process, state.redis, names);
            var protocol = steps.get(state.process);
            protocol.entry()
                    .ifPresent(build -> state.returned("whoever reads now", protocol.look(build, null), state.floor));
        }
    }

    private List<String> names(Scenario scenario) {
        var builds = Stream.concat(
                        Stream.of(Building.of("stored").name()),
                        scenario.actors.stream()
                                .filter(Building.class::isInstance)
                                .map(actor -> ((Building) actor).name()))
                .toList();
        var names = new ArrayList<>(List.of(
                keys.entry(BoardSteps.KEY),
                keys.lease(BoardSteps.KEY),
                keys.epoch(0, BoardSteps.TAGS.getFirst()),
                keys.marks(BoardSteps.KEY)));
        builds.forEach(build -> {
            names.add(keys.scores(BoardSteps.KEY, build));
            names.add(keys.rows(BoardSteps.KEY, build));
        });
        return names;
    }

    /** What kind of key it is. */
    private static char kind(String name) {
        return name.charAt(name.indexOf('}') + 2);
    }

    private void restore(int process, Contents contents, List<String> names) {
        var commands = servers.get(process).session().commands();
        var unused = new ArrayList<CompletionStage<?>>(List.of(commands.unlink(names.toArray(String[]::new))));
        contents.values().forEach((name, value) -> {
            switch (value) {
                case byte[] bytes -> unused.add(commands.set(name, bytes));
                case Map<?, ?> map ->
                    map.forEach((key, item) -> unused.add(
                            item instanceof Double score
                                    ? commands.zadd(
                                            name, score, String.valueOf(key).getBytes(UTF_8))
                                    : commands.hset(
                                            name,
                                            String.valueOf(key),
                                            String.valueOf(item).getBytes(UTF_8))));
                default -> throw new IllegalStateException(name);
            }
        });
    }

    private Contents contents(int process, List<String> names) {
        var server = servers.get(process);
        var commands = server.session().commands();
        var values = new TreeMap<String, Object>();
        var answers = new ArrayList<CompletionStage<?>>();
        for (var name : names) {
            answers.add(
                    switch (kind(name)) {
                        case 'm', 's' ->
                            commands.zrangeWithScores(name, 0, -1).thenAccept(members -> {
                                var scores = new TreeMap<String, Double>();
                                members.forEach(member -> put(scores, member));
                                if (!scores.isEmpty()) {
                                    values.put(name, scores);
                                }
                            });
                        case 'r' ->
                            commands.hgetall(name).thenAccept(fields -> {
                                var texts = new TreeMap<String, String>();
                                fields.forEach((field, value) -> texts.put(field, new String(value, UTF_8)));
                                if (!texts.isEmpty()) {
                                    values.put(name, texts);
                                }
                            });
                        default ->
                            commands.get(name).thenAccept(value -> {
                                if (value != null) {
                                    values.put(name, value);
                                }
                            });
                    });
        }
        answers.forEach(server::await);
        return new Contents(values);
    }

    private static void put(Map<String, Double> scores, ScoredValue<byte[]> member) {
        scores.put(new String(member.getValue(), UTF_8), member.getScore());
    }

    @Override
    public void close() {
        servers.forEach(RedisServer::close);
        processes.forEach(EmbeddedRedis::close);
    }
}
