package dev.freshet.cache;

import dev.freshet.cache.Choices.Redis;
import dev.freshet.redis.RedisServer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Goes through every order in which the steps of a scenario can happen. The steps are the protocol's own, taken on a
 * real Redis that is brought into the state at hand before each; in every state it reads every row, as a reader might
 * come at any moment. Shortest orders come first.
 */
final class Interleavings {
    private final World world;
    private final Scenario scenario;
    private final List<Protocol> protocols;
    private final List<String> strings;
    private final List<String> sets;
    private final String[] all;
    private final Set<UUID> looked = new HashSet<>();
    private long transitions;

    Interleavings(World world, Scenario scenario, BiFunction<RedisServer, CacheOptions, Protocol> protocol) {
        this.world = world;
        this.scenario = scenario;
        this.protocols = world.protocols(protocol);
        this.strings =
                world.strings(scenario.rows().stream().map(Scenario.Row::key).toList(), scenario.tags());
        this.sets = protocols.getFirst().sets(scenario.tags());
        this.all = Stream.concat(strings.stream(), sets.stream()).toArray(String[]::new);
    }

    /**
     * What was found.
     *
     * @param shortest the first violation and how it came to be, step by step; empty where there is none
     */
    record Findings(Scenario scenario, int states, long transitions, int violations, Optional<String> shortest) {
        @Override
        public String toString() {
            return "%s: %,d states, %,d transitions, %,d violations%s"
                    .formatted(
                            scenario.name(),
                            states,
                            transitions,
                            violations,
                            shortest.map(how -> ", the shortest:\n" + how).orElse(""));
        }
    }

    /** @param mostViolations after which it stops: 1 to know whether there is any */
    Findings explore(int mostViolations) {
        var first = scenario.start(protocols.getFirst().sharesLoads());
        var seen = new HashSet<UUID>(List.of(first.fingerprint()));
        var open = new ArrayDeque<Open>(List.of(new Open(first, new Trail(null, "start"))));
        var violations = new ArrayList<String>();
        for (var at = open.poll(); at != null && violations.size() < mostViolations; at = open.poll()) {
            for (var move : at.state().moves()) {
                var next = apply(at.state(), move);
                var trail = new Trail(at.trail(), move.name());
                if (seen.add(next.fingerprint())) {
                    var violation = violation(next);
                    if (violation == null) {
                        open.add(new Open(next, trail));
                    } else {
                        violations.add(trail + "\n  " + violation);
                    }
                }
            }
        }
        return new Findings(
                scenario,
                seen.size(),
                transitions,
                violations.size(),
                violations.stream().findFirst());
    }

    private State apply(State state, Choices.Move move) {
        transitions++;
        if (move.redis() != Redis.NOTHING) {
            world.restore(state.process, state.redis, all);
        }
        var next = move.run().apply(protocols.get(state.process));
        if (move.redis() == Redis.CHANGES) {
            next.redis = world.contents(state.process, strings, sets);
        }
        return next;
    }

    /** What somebody got that he may not get, or would get if he came now. */
    private @Nullable String violation(State state) {
        if (state.violation == null && looked.add(state.visible())) {
            world.restore(state.process, state.redis, all);
            for (int i = 0; i < scenario.rows().size(); i++) {
                var row = state.row(i);
                var floor = state.floors.get(i);
                protocols
                        .get(state.process)
                        .read(row.key(), row.tags())
                        .ifPresent(content -> state.returned("whoever reads " + row.key() + " now", content, floor));
            }
        }
        return state.violation;
    }

    private record Open(State state, Trail trail) {}

    /** How a state came to be. */
    private record Trail(@Nullable Trail before, String move) {
        @Override
        public String toString() {
            return (before == null ? "" : before + "\n") + "  " + move;
        }
    }
}
