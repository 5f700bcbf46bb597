package dev.freshet.cache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** One call to Redis that is made for several moves, each of which has its own answer. */
final class SharedCall<T, R> {
    /** While Redis does one call everybody waits, so none may become long. */
    private static final int MOST_MOVES = 100;

    private static final int MOST_BYTES = 1 << 20;

    private final List<T> moves = new ArrayList<>();
    private final CompletableFuture<List<R>> answers = new CompletableFuture<>();
    private int bytes;

    private SharedCall() {}

    /**
     * Makes as few calls as it may.
     *
     * @param alike what is equal for moves that may share a call
     * @param size in bytes of what a move brings
     * @param call answers each of the moves it is given, in their order
     * @return for each move its answer, in their order
     */
    static <T, R> List<CompletionStage<R>> make(
            List<T> moves,
            Function<T, Object> alike,
            ToIntFunction<T> size,
            Function<List<T>, CompletionStage<List<R>>> call) {
        var calls = new ArrayList<SharedCall<T, R>>();
        var open = new HashMap<Object, SharedCall<T, R>>();
        var answers = new ArrayList<CompletionStage<R>>();
        for (var move : moves) {
            var shared = open.get(alike.apply(move));
            if (shared == null || shared.isFull()) {
                shared = new SharedCall<>();
                calls.add(shared);
                open.put(alike.apply(move), shared);
            }
            answers.add(shared.add(move, size.applyAsInt(move)));
        }
        calls.forEach(shared -> shared.run(call));
        return answers;
    }

    private boolean isFull() {
        return moves.size() >= MOST_MOVES || bytes >= MOST_BYTES;
    }

    private CompletionStage<R> add(T move, int size) {
        int place = moves.size();
        moves.add(move);
        bytes += size;
        return answers.thenApply(all -> all.get(place));
    }

    private void run(Function<List<T>, CompletionStage<List<R>>> call) {
        call.apply(moves).whenComplete((all, error) -> {
            if (error == null) {
                answers.complete(all);
            } else {
                answers.completeExceptionally(error);
            }
        });
    }
}
