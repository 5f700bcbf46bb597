package dev.freshet.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What may happen in one state. */
final class Choices {
    /** What a move needs of Redis. */
    enum Redis {
        NOTHING,
        LOOKS,
        CHANGES
    }

    /** @param run makes the next state, given the protocol in a process that holds the state's contents */
    record Move(String name, Redis redis, Function<Protocol, State> run) {}

    /** A command that the network delivers once more. */
    record Copy(String name, @Nullable Fill fill, String content, Function<Protocol, ?> call) {
        String describe(EpochNames names) {
            return name + (fill == null ? "" : names.of(fill.epochs)) + content;
        }
    }

    /** What an answer changes. */
    interface Change<T> {
        /** @param copied whether a copy of the command is under way */
        void apply(State next, T answer, boolean copied);
    }

    private final State state;
    private final List<Move> all = new ArrayList<>();

    Choices(State state) {
        this.state = state;
    }

    List<Move> all() {
        return all;
    }

    /** Something that no command is needed for. */
    void quiet(String name, Consumer<State> change) {
        all.add(new Move(name, Redis.NOTHING, protocol -> changed(change)));
    }

    /** A look at Redis. */
    <T> void look(String name, Function<Protocol, T> call, BiConsumer<State, T> change) {
        all.add(new Move(name, Redis.LOOKS, protocol -> {
            var answer = call.apply(protocol);
            return changed(next -> change.accept(next, answer));
        }));
    }

    /**
     * A command: executed once; or once more at any later time, the first answer taken; or twice, the second answer
     * taken.
     */
    <T> void command(String name, @Nullable Fill fill, String content, Function<Protocol, T> call, Change<T> change) {
        all.add(new Move(name, Redis.CHANGES, protocol -> {
            var answer = call.apply(protocol);
            return changed(next -> change.apply(next, answer, false));
        }));
        if (state.repeats == 0) {
            return;
        }
        all.add(new Move(name + ", of which a copy is under way", Redis.CHANGES, protocol -> {
            var answer = call.apply(protocol);
            return changed(next -> {
                next.repeats--;
                next.addCopy(new Copy(name, fill, content, call));
                change.apply(next, answer, true);
            });
        }));
        all.add(new Move(name + ", whose answer is lost", Redis.CHANGES, protocol -> {
            var unused = call.apply(protocol);
            return changed(next -> next.repeats--);
        }));
    }

    /** A copy arrives. */
    void arrive(Copy copy) {
        all.add(new Move("the copy arrives: " + copy.name(), Redis.CHANGES, protocol -> {
            var unused = copy.call().apply(protocol);
            return changed(next -> next.removeCopy(copy));
        }));
    }

    private State changed(Consumer<State> change) {
        var next = state.copy();
        change.accept(next);
        return next;
    }
}
