package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The way by which instances of one type of front end are told. */
interface Channel extends AutoCloseable {
    /**
     * The one of a front end's type.
     *
     * @param frontEnd has at least one instance
     * @param timeout of one call, answer included
     */
    static Channel of(FrontEnd frontEnd, Exchange exchange, Duration timeout, InstantSource clock) {
        return switch (frontEnd.type()) {
            case NEXTJS -> new Callback(exchange, timeout, clock, true);
            case HTTP -> new Callback(exchange, timeout, clock, false);
            case NEXT_CACHE_HANDLER -> new TagClocks(frontEnd.instances().getFirst(), frontEnd.keyPrefix(), timeout);
        };
    }

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

    @Override
    default void close() {}
}
