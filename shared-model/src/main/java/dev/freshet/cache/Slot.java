package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One key of a read while it is on its way: what was found, whether its load is ours, and how it ended. */
final class Slot {
    final Request request;
    Optional<Found> found = Optional.empty();
    Optional<Fill> fill = Optional.empty();
    private @Nullable Cached result;

    Slot(Request request) {
        this.request = request;
    }

    boolean isDone() {
        return result != null;
    }

    Cached result() {
        return Objects.requireNonNull(result);
    }

    void end(Cached result) {
        this.result = result;
    }

    /** Answers with what was found. */
    void endWithFound(Outcome outcome) {
        end(new Cached(found.orElseThrow().stored().entry(), outcome, true));
    }

    /** Whether what was found may be answered as stale. */
    boolean hasStandIn() {
        return found.isPresent() && found.get().mayStandIn(request.lifetime());
    }
}
