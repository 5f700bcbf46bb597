package dev.freshet.worker.run;

import dev.freshet.catalog.Catalog;
import dev.freshet.db.Database;
import dev.freshet.model.Job;
import java.time.Instant;
import java.util.List;

/** What a worker does with the jobs of a claim until they stand in PostgreSQL, and nothing else: for benchmarks. */
public final class Applying {
    private final Catalog catalog;
    private final Applier applier;

    public Applying(Catalog catalog, Database database) {
        this.catalog = catalog;
        this.applier = new Applier(
                database, new Versions(catalog.application()), new LeftBehind(database, catalog.application()));
    }

    /** @return how many were applied; the others were older than the data, or failed */
    public int apply(List<Job> jobs) {
        var batch = Batch.of(catalog, jobs, "benchmark", Instant.now());
        return applier.apply(batch.changes()).applied().size();
    }
}
