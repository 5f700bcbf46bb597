package dev.freshet.db;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of an accepted delivery so far.
 *
 * @param id the job's id
 * @param outcome of one that is done: {@code applied}, {@code overtaken} or {@code ignored}; otherwise the last error
 * @param attempts how often it was tried
 * @param received when ingest accepted it, by its clock
 * @param applied when it was committed, by the worker's clock; empty when it changed nothing, or not yet
 * @param fresh when no cached read was older than it any more
 */
public record Delivery(
        String id,
        String site,
        String topic,
        State state,
        String outcome,
        int attempts,
        Instant received,
        Optional<Instant> applied,
        Optional<Instant> fresh) {

    /** The same with other words. */
    public Delivery withOutcome(String other) {
        return new Delivery(id, site, topic, state, other, attempts, received, applied, fresh);
    }

    /** How far it is. The order matters: of two accounts of one try the later state counts. */
    public enum State {
        /** Accepted while the queue was away; it stands in the database until then. */
        SPILLED,
        /** Went from the spill into the queue. */
        QUEUED,
        /** Failed, and is tried again. */
        RETRY,
        /** Failed for good. */
        DEAD,
        DONE,
        /** A dead letter that somebody gave up. */
        DISCARDED;

        /** As it stands in the database. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
