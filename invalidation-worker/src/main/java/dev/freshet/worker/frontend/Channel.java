package dev.freshet.worker.frontend;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The way by which instances of one type of front end are told. */
interface Channel {
    /** Tells an instance what is old. Returns within a deadline of its own, and throws only when interrupted. */
    Answer tell(Instance instance, List<Turn.Due> due) throws InterruptedException;

    /** Whether an instance can be asked cheaply which process it is. */
    default boolean canAsk() {
        return false;
    }

    /**
     * Asks an instance which process it is.
     *
     * @return its boot id; empty when it does not say
     * @throws IOException when it does not answer
     */
    default Optional<String> ask(Instance instance) throws IOException, InterruptedException {
        return Optional.empty();
    }
}
