package dev.freshet.worker.run;

import dev.freshet.db.Database;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.db.Failure;
import dev.freshet.model.Job;
import dev.freshet.queue.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what became of each delivery, so that somebody who asks finds it, and forgets it again after a while. It
 * is there to be asked: nothing that Freshet does depends on it.
 */
final class Ledger {
    private static final Logger log = LoggerFactory.getLogger(Ledger.class);

    private final Deliveries deliveries;
    private final Duration keep;
    private final Counter recorded;
    private final Counter unrecorded;
    private final Counter pruned;

    /** @param keep how long after its last change a row is kept; zero to write none */
    Ledger(Deliveries deliveries, Duration keep, MeterRegistry metrics) {
        this.deliveries = deliveries;
        this.keep = keep;
        this.recorded = counter(metrics, "freshet_deliveries_recorded_total", "deliveries whose fate was written down");
        this.unrecorded = counter(
                metrics,
                "freshet_deliveries_unrecorded_total",
                "deliveries that took effect and could not be recorded");
        this.pruned = counter(metrics, "freshet_deliveries_pruned_total", "rows of the ledger that grew too old");
    }

    private static Counter counter(MeterRegistry metrics, String name, String description) {
        return Counter.builder(name).description(description).register(metrics);
    }

    /** One batch on its way into the ledger. */
    final class Page {
        private final List<Delivery> rows = new ArrayList<>();

        /** @param applied when they were committed; empty when they changed nothing */
        void done(Collection<Job> jobs, String outcome, Optional<Instant> applied, Instant fresh) {
            for (var job : jobs) {
                rows.add(delivery(job, State.DONE, outcome, applied, Optional.of(fresh)));
            }
        }

        void failed(Collection<Verdict> verdicts) {
            for (var verdict : verdicts) {
                var state = switch (verdict) {
                    case Verdict.Retry retry -> State.RETRY;
                    case Verdict.Bury bury -> State.DEAD;
                };
                rows.add(delivery(verdict.job(), state, verdict.attempt().error(), Optional.empty(), Optional.empty()));
            }
        }

        /**
         * Writes it, in one round trip. What the database refuses for another reason than an outage is left out of the
         * ledger: the deliveries have taken effect, and to do them again would not help.
         *
         * @throws OutageException when the database is away
         */
        void write() {
            if (keep.isZero()) {
                return;
            }
            try {
                deliveries.record(rows);
                recorded.increment(rows.size());
            } catch (SQLException e) {
                if (Database.classify(e) == Failure.OUTAGE) {
                    throw new OutageException("postgresql", true, e);
                }
                unrecorded.increment(rows.size());
                log.error("not recorded deliveries={} cause={}", rows.size(), Worker.describe(e));
            }
        }
    }

    Page newPage() {
        return new Page();
    }

    /**
     * Deletes what grew too old.
     *
     * @return how many rows
     */
    int prune() {
        int all = 0;
        int some;
        do {
            some = deliveries.prune(keep);
            all += some;
        } while (some == Deliveries.PRUNED_AT_ONCE);
        if (all > 0) {
            pruned.increment(all);
            log.info("pruned deliveries={}", all);
        }
        return all;
    }

    private static Delivery delivery(
            Job job, State state, String outcome, Optional<Instant> applied, Optional<Instant> fresh) {
        return new Delivery(
                job.id(),
                job.site(),
                job.topic(),
                state,
                outcome,
                job.failures() + 1,
                job.receivedAt(),
                applied,
                fresh);
    }
}
