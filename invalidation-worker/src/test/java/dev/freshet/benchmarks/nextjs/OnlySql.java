package dev.freshet.benchmarks.nextjs;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** Nobody tells Freshet of a change: somebody runs an update in the database, and every page that shows it becomes fresh. */
final class OnlySql {
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(2);
    private static final int COHORT = 11;
    private static final int CHANGES = 3;

    private final Run run;
    private final Fleet fleet;
    private final Database database;
    private int old;

    private OnlySql(Run run, Fleet fleet, Database database) {
        this.run = run;
        this.fleet = fleet;
        this.database = database;
    }

    static Verdict play(Run run) throws Exception {
        var settings = run.services().settings();
        var url = URI.create(Objects.requireNonNull(settings.get("DATABASE_URL")));
        var catalog = CatalogReader.read(run.services().captured(), Map.of("EVENTS_SECRET", "unused"));
        try (var database = new Database(url, DatabaseOptions.DEFAULTS)) {
            database.migrate();
            var triggers = new CaptureTriggers(catalog, database);
            triggers.install(false);
            try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of())) {
                fleet.start(Map.of("CATALOG", run.services().captured()));
                return new OnlySql(run, fleet, database).verdict();
            } finally {
                triggers.remove();
            }
        }
    }

    private Verdict verdict() throws Exception {
        for (int i = 0; i < CHANGES; i++) {
            prime();
            update(run.next(COHORT));
            awaitFresh();
        }
        int pages = CHANGES * fleet.nodes().size() * Page.showing(COHORT).size();
        double sent = fleet.freshet().metric("freshet_captured_total", "outcome=\"collected\"");
        var figures = new LinkedHashMap<String, Object>();
        figures.put("pages", pages);
        figures.put("old_before_it_was_told", old);
        figures.put("collected", (long) sent);
        return new Verdict(
                "only-sql",
                sent > 0,
                "%d updates by SQL alone: all of %d pages became fresh".formatted(CHANGES, pages),
                figures);
    }

    /** Every instance holds every page as it is now. */
    private void prime() {
        for (var node : fleet.nodes()) {
            Page.showing(COHORT).forEach(node.instance()::visit);
        }
    }

    private void update(int value) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.prepareStatement("update counters set value = ? where cohort = ?")) {
            statement.setInt(1, value);
            statement.setInt(2, COHORT);
            statement.executeUpdate();
        }
    }

    private void awaitFresh() throws InterruptedException {
        for (var node : fleet.nodes()) {
            for (var page : Page.showing(COHORT)) {
                Await.until(
                        () -> isFresh(node, page),
                        page.path() + " of instance " + node.instance().name() + " is fresh");
            }
        }
    }

    private boolean isFresh(Node node, Page page) {
        boolean isFresh = node.instance().number(page, COHORT) >= run.current(COHORT);
        old += isFresh ? 0 : 1;
        return isFresh;
    }
}
