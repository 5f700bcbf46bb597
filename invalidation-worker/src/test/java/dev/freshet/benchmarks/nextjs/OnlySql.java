package dev.freshet.benchmarks.nextjs;

import dev.freshet.capture.CaptureTriggers;
import dev.freshet.capture.Outbox;
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
            forget(new Outbox(database, catalog.application()));
            try (var fleet = new Fleet(run, LONGEST_RENDER, Map.of())) {
                fleet.start(Map.of("CATALOG", run.services().captured()));
                Await.until(() -> isQuiet(fleet), "both instances were told for good that they are new");
                return new OnlySql(run, fleet, database).verdict();
            } finally {
                triggers.remove();
            }
        }
    }

    /** What installing says, that anything may have changed: nobody runs yet, and it would count as collected, too. */
    private static void forget(Outbox outbox) throws SQLException {
        int forgotten;
        do {
            forgotten = outbox.collect(rows -> rows);
        } while (forgotten > 0);
    }

    /** Whether a page becomes old from now on only by what is changed from now on. */
    private static boolean isQuiet(Fleet fleet) {
        return fleet.nodes().stream().allMatch(node -> node.instance().isReadyForPages())
                && fleet.freshet().metric("freshet_owed") == 0;
    }

    private Verdict verdict() throws Exception {
        for (int i = 0; i < CHANGES; i++) {
            prime();
            update(run.next(COHORT));
            awaitFresh();
        }
        int pages = CHANGES * fleet.nodes().size() * Page.showing(COHORT).size();
        Await.until(() -> collected() >= CHANGES, "each update was collected");
        long collected = collected();
        var figures = new LinkedHashMap<String, Object>();
        figures.put("pages", pages);
        figures.put("old_before_it_was_told", old);
        figures.put("collected", collected);
        return new Verdict(
                "only-sql",
                collected == CHANGES,
                "%d updates by SQL alone: %d collected, all of %d pages became fresh"
                        .formatted(CHANGES, collected, pages),
                figures);
    }

    /** Updates that the worker has from their triggers; it counts them once they are in the queue. */
    private long collected() {
        return (long) fleet.freshet().metric("freshet_captured_total", "outcome=\"collected\"");
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
