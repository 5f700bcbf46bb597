package dev.freshet.cache;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Loads a row into the cache, in the steps of {@link TagCache#get} or of a re-warm.
 *
 * @param isReader looks first, waits where somebody else loads, and is owed a value
 * @param floor what its value must hold: acknowledged before it began
 * @param round raised when the next begin must have another token, because a copy of this one may still come
 * @param leader whose load it waits for, where the protocol shares loads; else -1
 */
record LoadActor(
        String name,
        int row,
        boolean isReader,
        Phase phase,
        List<Integer> floor,
        int round,
        int leader,
        @Nullable Fill fill,
        @Nullable String content)
        implements Actor {

    enum Phase {
        START,
        ASKING,
        WAITING,
        BEGUN,
        LOADING,
        LOADED,
        LEAVING,
        DONE
    }

    static LoadActor rewarm(String name, int row) {
        return new LoadActor(name, row, false, Phase.ASKING, List.of(), 0, -1, null, null);
    }

    static LoadActor reader(String name, int row) {
        return new LoadActor(name, row, true, Phase.START, List.of(), 0, -1, null, null);
    }

    @Override
    public void moves(State state, int me, Choices choices) {
        switch (phase) {
            case START -> {
                var owed = new LoadActor(name, row, true, Phase.ASKING, state.floors.get(row), 0, -1, null, null);
                look(state, me, choices, owed, done(null));
            }
            case ASKING -> ask(state, me, choices);
            case WAITING -> await(state, me, choices);
            case BEGUN -> look(state, me, choices, at(Phase.LOADING), at(Phase.LEAVING));
            case LOADING -> load(me, choices);
            case LOADED -> fill(me, choices);
            case LEAVING -> leave(me, choices);
            case DONE -> {}
        }
    }

    @Override
    public String describe(EpochNames names) {
        var held = fill == null ? "" : fill.runId + names.of(fill.epochs);
        return name + phase + floor + round + leader + held + content;
    }

    private void look(State state, int me, Choices choices, LoadActor missing, LoadActor found) {
        var wanted = state.row(row);
        BiConsumer<State, Optional<String>> change = (next, value) -> {
            value.ifPresent(got -> next.returned(name, got, missing.floor));
            next.become(me, value.isPresent() ? found : missing);
        };
        choices.look(name + " reads", protocol -> protocol.read(wanted.key(), wanted.tags()), change);
    }

    private void ask(State state, int me, Choices choices) {
        int loading = state.sharesLoads && isReader ? othersLoad(state, me) : -1;
        if (loading >= 0) {
            choices.quiet(name + " joins", next -> next.become(me, waitingFor(loading)));
            return;
        }
        var wanted = state.row(row);
        var token = "%-22s".formatted(name + "-" + round).replace(' ', '.');
        choices.command(
                name + " begins",
                null,
                token,
                protocol -> protocol.begin(wanted.key(), wanted.tags(), token),
                (next, begun, copied) -> next.become(
                        me,
                        begun.isPresent()
                                ? holding(begun.get(), isReader ? Phase.BEGUN : Phase.LOADING)
                                : isReader ? refused(copied) : done(null)));
    }

    private void await(State state, int me, Choices choices) {
        if (leader < 0) {
            look(state, me, choices, at(Phase.ASKING), done(null));
        } else if (state.actors.get(leader) instanceof LoadActor other && other.phase == Phase.DONE) {
            choices.quiet(name + " takes what " + other.name + " loaded", next -> {
                if (other.content != null) {
                    next.returned(name, other.content, floor);
                }
                next.become(me, other.content == null ? waitingFor(-1) : done(null));
            });
        }
    }

    private void load(int me, Choices choices) {
        choices.quiet(name + " reads the database", next -> {
            var loaded = next.load(row).stream().map(String::valueOf).collect(Collectors.joining(","));
            next.returned(name, loaded, floor);
            next.become(me, new LoadActor(name, row, isReader, Phase.LOADED, List.of(), round, -1, fill, loaded));
        });
        choices.quiet(name + " finds the database away", next -> next.become(me, at(Phase.LEAVING)));
    }

    private void fill(int me, Choices choices) {
        var held = requireNonNull(fill);
        var loaded = requireNonNull(content);
        choices.command(
                name + " fills",
                held,
                loaded,
                protocol -> protocol.fill(held, loaded),
                (next, stored, copied) -> next.become(me, done(next.sharesLoads ? loaded : null)));
    }

    private void leave(int me, Choices choices) {
        var held = requireNonNull(fill);
        choices.command(
                name + " gives up",
                held,
                "",
                protocol -> {
                    protocol.abandon(held);
                    return true;
                },
                (next, given, copied) -> next.become(me, done(null)));
    }

    private int othersLoad(State state, int me) {
        for (int i = 0; i < state.actors.size(); i++) {
            boolean loads = state.actors.get(i) instanceof LoadActor other
                    && other.row == row
                    && (other.phase == Phase.LOADING || other.phase == Phase.LOADED);
            if (i != me && loads) {
                return i;
            }
        }
        return -1;
    }

    private LoadActor at(Phase next) {
        return new LoadActor(name, row, isReader, next, floor, round, -1, fill, content);
    }

    private LoadActor waitingFor(int other) {
        return new LoadActor(name, row, isReader, Phase.WAITING, floor, round, other, null, null);
    }

    private LoadActor refused(boolean copied) {
        return new LoadActor(name, row, isReader, Phase.WAITING, floor, copied ? round + 1 : round, -1, null, null);
    }

    private LoadActor holding(Fill begun, Phase next) {
        return new LoadActor(name, row, isReader, next, floor, round, -1, begun, null);
    }

    private LoadActor done(@Nullable String shared) {
        return new LoadActor(name, row, isReader, Phase.DONE, List.of(), 0, -1, null, shared);
    }
}
