package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.freshet.cache.BoardMoves.Look;
import dev.freshet.cache.BoardMoves.Opened;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One moment of a board of one member, whose score is the version that the database has: the database, Redis, who is under
 * way and how far, and what may yet befall them. Changed only while new.
 */
final class BoardState {
    /** What Redis holds: bytes, sorted sets and hashes by name. Never changed. */
    record Contents(Map<String, Object> values) {
        Contents without(String name) {
            var rest = new TreeMap<>(values);
            rest.remove(name);
            return new Contents(rest);
        }
    }

    /**
     * @param run makes the next state, given how the protocol stands in the process that runs
     * @param usesRedis whether Redis must hold what the state says
     */
    record Move(String name, boolean usesRedis, Function<BoardSteps, BoardState> run) {}

    /** A command that the network delivers once more. */
    record Copy(String name, Consumer<BoardSteps> call) {}

    int process;
    Contents redis = new Contents(Map.of());
    /** What the next process will start with, once that was written to disk. */
    @Nullable Contents saved;

    List<Actor> actors = List.of();
    List<Copy> copies = List.of();
    int version;
    /** The newest version that was acknowledged. */
    int floor;

    int evictions;
    int repeats;
    int restarts;

    @Nullable String violation;

    BoardState copy() {
        var copy = new BoardState();
        copy.process = process;
        copy.redis = redis;
        copy.saved = saved;
        copy.actors = actors;
        copy.copies = copies;
        copy.version = version;
        copy.floor = floor;
        copy.evictions = evictions;
        copy.repeats = repeats;
        copy.restarts = restarts;
        copy.violation = violation;
        return copy;
    }

    List<Move> moves() {
        var moves = new ArrayList<Move>();
        for (int i = 0; i < actors.size(); i++) {
            actors.get(i).moves(this, i, moves);
        }
        for (var copy : copies) {
            moves.add(new Move("the copy arrives: " + copy.name, true, steps -> {
                copy.call.accept(steps);
                return changed(next -> next.copies =
                        copies.stream().filter(other -> !other.equals(copy)).toList());
            }));
        }
        if (evictions > 0) {
            redis.values
                    .keySet()
                    .forEach(name -> moves.add(quiet("redis loses " + name, next -> {
                        next.evictions--;
                        next.redis = redis.without(name);
                    })));
        }
        if (restarts > 0 && saved == null) {
            moves.add(quiet("redis saves", next -> next.saved = redis));
        }
        if (saved != null) {
            var onDisk = saved;
            moves.add(quiet("redis restarts from what was saved", next -> {
                next.process++;
                next.restarts--;
                next.redis = onDisk;
                next.saved = null;
                next.copies = List.of();
            }));
        }
        return moves;
    }

    private Move quiet(String name, Consumer<BoardState> change) {
        return new Move(name, false, steps -> changed(change));
    }

    private BoardState changed(Consumer<BoardState> change) {
        var next = copy();
        change.accept(next);
        return next;
    }

    private void become(int me, Actor actor) {
        var changed = new ArrayList<>(actors);
        changed.set(me, actor);
        actors = List.copyOf(changed);
    }

    /** Notes what a reader got. */
    void returned(String who, Look look, int mayNotBeBelow) {
        if (look instanceof Look.Places places) {
            int got = places.rows().isEmpty()
                    ? -1
                    : (int) places.rows().getFirst().score();
            if (got < mayNotBeBelow) {
                violation = who + " got " + got + " where " + mayNotBeBelow + " was acknowledged";
            }
        }
    }

    /** The same for states between which only times and random names differ. */
    UUID fingerprint() {
        var names = new HashMap<String, String>();
        var text = new StringBuilder().append(process);
        describe(redis, names, text);
        if (saved != null) {
            describe(saved, names, text.append("saved"));
        }
        actors.forEach(actor ->
                text.append(actor.describe(value -> called(names, value))).append('\n'));
        copies.forEach(copy -> text.append(copy.name));
        text.append(version)
                .append(',')
                .append(floor)
                .append(evictions)
                .append(repeats)
                .append(restarts);
        return UUID.nameUUIDFromBytes(text.append(violation).toString().getBytes(UTF_8));
    }

    private static void describe(Contents contents, Map<String, String> names, StringBuilder text) {
        contents.values.forEach((name, value) -> {
            text.append(name).append('=');
            switch (value) {
                case byte[] bytes -> text.append(describe(name, bytes, names));
                case Map<?, ?> map ->
                    map.forEach((key, item) -> {
                        var member = String.valueOf(key);
                        boolean isName = member.startsWith("#") && member.length() > 1;
                        text.append(isName ? called(names, member) : member).append(item);
                    });
                default -> throw new IllegalStateException(name);
            }
            text.append('\n');
        });
    }

    private static String describe(String name, byte[] bytes, Map<String, String> names) {
        return switch (name.charAt(name.indexOf('}') + 2)) {
            case 'e' ->
                Stored.decode(bytes)
                        .map(stored -> {
                            var build = Build.decode(stored.entry().content()).orElseThrow();
                            return stored.token()
                                    + stored.runId()
                                    + stored.epochs().stream()
                                            .map(epoch -> called(names, epoch))
                                            .toList()
                                    + describe(build, value -> called(names, value));
                        })
                        .orElseThrow();
            case 'l' -> {
                var parts = new String(bytes, UTF_8).split("[|;]", -1);
                yield parts[0] + parts[1] + (parts.length < 3 ? "" : called(names, parts[2]));
            }
            default -> called(names, new String(bytes, UTF_8));
        };
    }

    private static String describe(@Nullable Build build, Function<String, String> called) {
        return build == null ? "-" : build.id() + build.runId() + called.apply(build.marks()) + build.since();
    }

    private static String called(Map<String, String> names, String random) {
        return names.computeIfAbsent(random, unused -> "n" + names.size());
    }

    /** Somebody with a small program, at one point of it. Never changed: each step makes the next one. */
    sealed interface Actor {
        void moves(BoardState state, int me, List<Move> moves);

        /** @param called names what is random */
        String describe(Function<String, String> called);
    }

    private interface Change<T> {
        void apply(BoardState next, T answer);
    }

    /** A command: executed once; or once more at any later time; or twice, the second answer taken. */
    private <T> void command(String name, List<Move> moves, Function<BoardSteps, T> call, Change<T> change) {
        moves.add(new Move(name, true, steps -> {
            var answer = call.apply(steps);
            return changed(next -> change.apply(next, answer));
        }));
        if (repeats > 0) {
            moves.add(new Move(name + ", of which a copy is under way", true, steps -> {
                var answer = call.apply(steps);
                return changed(next -> {
                    next.repeats--;
                    next.copies = new ArrayList<>(copies);
                    next.copies.add(new Copy(name, again -> {
                        var unused = call.apply(again);
                    }));
                    change.apply(next, answer);
                });
            }));
            moves.add(new Move(name + ", whose answer is lost", true, steps -> {
                var unused = call.apply(steps);
                return changed(next -> next.repeats--);
            }));
        }
    }

    /** Builds the board: begin, open, load, stage, fill. */
    record Building(
            String name,
            int step,
            @Nullable Fill fill,
            @Nullable Opened opened,
            int loaded) implements Actor {
        private static final List<String> STEPS = List.of("begins", "opens", "loads", "stages", "fills");

        static Building of(String name) {
            return new Building("%-22s".formatted(name).replace(' ', '.'), 0, null, null, -1);
        }

        @Override
        public void moves(BoardState state, int me, List<Move> moves) {
            if (step == STEPS.size()) {
                return;
            }
            var what = name + " " + STEPS.get(step);
            switch (step) {
                case 0 ->
                    state.command(
                            what,
                            moves,
                            steps -> steps.begin(name),
                            (next, begun) -> next.become(
                                    me,
                                    begun.<Actor>map(fill -> new Building(name, 1, fill, null, -1))
                                            .orElse(at(STEPS.size()))));
                case 1, 2 -> {
                    moves.add(new Move(
                            what,
                            true,
                            steps -> step == 1 != steps.opensLate()
                                    ? opening(state, me, steps)
                                    : state.changed(next -> next.become(
                                            me, new Building(name, step + 1, fill, opened, state.version)))));
                    if (state.repeats > 0) {
                        moves.add(new Move(what + ", of which a copy is under way", true, steps -> {
                            var next = step == 1 != steps.opensLate() ? opening(state, me, steps) : state.copy();
                            next.repeats--;
                            next.copies = new ArrayList<>(state.copies);
                            next.copies.add(new Copy(what, again -> {
                                var unused = again.open(name);
                            }));
                            return next;
                        }));
                    }
                }
                case 3 ->
                    state.command(
                            what,
                            moves,
                            steps -> {
                                steps.stage(build(), loaded);
                                return true;
                            },
                            (next, done) -> next.become(me, at(4)));
                default ->
                    state.command(
                            what,
                            moves,
                            steps -> {
                                steps.fill(requireNonNull(fill), build());
                                return true;
                            },
                            (next, done) -> next.become(me, at(5)));
            }
        }

        private BoardState opening(BoardState state, int me, BoardSteps steps) {
            var answer = steps.open(name);
            return state.changed(next -> next.become(me, new Building(name, step + 1, fill, answer, loaded)));
        }

        private Building at(int next) {
            return new Building(name, next, fill, opened, loaded);
        }

        private Build build() {
            var o = requireNonNull(opened);
            return new Build(name, o.runId(), o.marks(), o.next(), 100, null);
        }

        @Override
        public String describe(Function<String, String> called) {
            return name
                    + step
                    + loaded
                    + (opened == null ? "" : opened.runId() + called.apply(opened.marks()) + opened.next())
                    + (fill == null
                            ? ""
                            : fill.runId + fill.epochs.stream().map(called).toList());
        }
    }

    /** Reads the board, and patches it where it must: once it has the lock of its process it looks again. */
    record Reader(
            String name,
            int step,
            int floor,
            @Nullable Build build,
            @Nullable String upto,
            Look.@Nullable Marked marked,
            int loaded)
            implements Actor {
        static Reader of(String name) {
            return new Reader(name, 0, 0, null, null, null, -1);
        }

        @Override
        public void moves(BoardState state, int me, List<Move> moves) {
            switch (step) {
                case 0 ->
                    moves.add(new Move(name + " reads the entry", true, steps -> {
                        var found = steps.entry();
                        return state.changed(next -> next.become(
                                me,
                                found.map(b -> new Reader(name, 1, state.floor, b, null, null, -1))
                                        .orElse(done())));
                    }));
                case 1 ->
                    moves.add(new Move(name + " looks", true, steps -> {
                        var look = steps.look(requireBuild(), upto);
                        return state.changed(next -> {
                            next.returned(name, look, floor);
                            next.become(me, look instanceof Look.Marked seen ? at(2, until(seen), null, -1) : done());
                        });
                    }));
                case 2 ->
                    moves.add(new Move(name + " looks again", true, steps -> {
                        var look = steps.look(requireBuild(), upto);
                        return state.changed(next -> next.become(
                                me, look instanceof Look.Marked seen ? at(3, upto, seen, -1) : at(1, upto, null, -1)));
                    }));
                case 3 ->
                    moves.add(
                            state.quiet(name + " loads", next -> next.become(me, at(4, upto, marked, state.version))));
                case 4 ->
                    state.command(
                            name + " puts",
                            moves,
                            steps -> steps.put(requireBuild(), requireNonNull(marked), loaded),
                            (next, done) -> next.become(me, at(1, upto, null, -1)));
                default -> {}
            }
        }

        private Reader at(int step, @Nullable String upto, Look.@Nullable Marked marked, int loaded) {
            return new Reader(name, step, floor, build, upto, marked, loaded);
        }

        private String until(Look.Marked seen) {
            return upto == null ? seen.upto() : upto;
        }

        private Build requireBuild() {
            return requireNonNull(build);
        }

        private Reader done() {
            return new Reader(name, 5, 0, null, null, null, -1);
        }

        @Override
        public String describe(Function<String, String> called) {
            return name
                    + step
                    + floor
                    + loaded
                    + upto
                    + BoardState.describe(build, called)
                    + (marked == null ? "" : marked.heeded() + "-" + marked.upto());
        }
    }

    /** Commits a new score, then says so: by a mark, or by the board's tag. */
    record Writer(String name, boolean byTag, int step, int committed) implements Actor {
        static Writer marking(String name) {
            return new Writer(name, false, 0, 0);
        }

        static Writer invalidating(String name) {
            return new Writer(name, true, 0, 0);
        }

        @Override
        public void moves(BoardState state, int me, List<Move> moves) {
            if (step == 0) {
                moves.add(state.quiet(name + " commits", next -> {
                    next.version++;
                    next.become(me, new Writer(name, byTag, 1, next.version));
                }));
            } else if (step == 1) {
                state.command(
                        name + (byTag ? " invalidates" : " marks"),
                        moves,
                        steps -> {
                            if (byTag) {
                                steps.invalidate();
                            } else {
                                steps.mark();
                            }
                            return true;
                        },
                        (next, done) -> {
                            next.floor = Math.max(next.floor, committed);
                            next.become(me, new Writer(name, byTag, 2, committed));
                        });
            }
        }

        @Override
        public String describe(Function<String, String> called) {
            return name + step + committed;
        }
    }
}
