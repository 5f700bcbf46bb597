package dev.freshet.worker.run;

import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.model.Tag;
import dev.freshet.worker.view.Auditor;
import dev.freshet.worker.view.LoadException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Audits a few cached values again and again, one worker of the fleet at a time. That none of them is ever stale is the
 * promise of the whole.
 */
final class Audits {
    private static final Logger log = LoggerFactory.getLogger(Audits.class);
    private static final int SAMPLE = 20;
    /** Stands in the place of a tag. Were a view to have it, a re-warm of it might come a little later. */
    private static final Tag TURN = new Tag(":audit");
    /** What an address would be known by; logs hold none. */
    private static final Pattern MAILBOX = Pattern.compile("[^:/|,;]+@");

    private final TagCache cache;
    private final Auditor auditor;
    private final Catalog catalog;
    private final Duration turn;
    private final Counter audited;
    private final Counter stale;
    private final Counter unsettled;

    /** @param interval between two audits of the whole fleet */
    Audits(TagCache cache, Auditor auditor, Catalog catalog, Duration interval, MeterRegistry metrics) {
        this.cache = cache;
        this.auditor = auditor;
        this.catalog = catalog;
        this.turn = interval.multipliedBy(4).dividedBy(5); // shorter, or our own turn would be in our way
        this.audited = counter(metrics, "freshet_audited_total", "cached values that were compared with the database");
        this.stale = counter(metrics, "freshet_stale_reads_total", "compared values that were stale");
        this.unsettled = counter(
                metrics, "freshet_audit_unsettled_total", "compared values that changes were still on their way to");
    }

    private static Counter counter(MeterRegistry metrics, String name, String description) {
        return Counter.builder(name).description(description).register(metrics);
    }

    /**
     * Audits, if nobody else does.
     *
     * @return how many values were stale
     */
    int runOnce() {
        if (cache.takeTurns(Map.of(TURN, turn)).isEmpty()) {
            return 0;
        }
        try {
            return count(auditor.run(SAMPLE, catalog.views().values()));
        } catch (LoadException | JdbiException e) {
            log.warn("not audited cause={}", e.getMessage());
            return 0;
        }
    }

    private int count(Auditor.Report report) {
        audited.increment(report.compared());
        stale.increment(report.stale().size());
        unsettled.increment(report.unsettled());
        report.stale()
                .forEach(one -> log.error(
                        "stale value view={} key={} loadedAt={}; 'freshet audit cache --view {}' looks for more",
                        one.view().name(),
                        MAILBOX.matcher(one.seen().key()).replaceAll("…@"),
                        one.seen().entry().loadedAt(),
                        one.view().name()));
        log.debug(
                "audited sampled={} compared={} unsettled={} stale={}",
                report.sampled(),
                report.compared(),
                report.unsettled(),
                report.stale().size());
        return report.stale().size();
    }
}
