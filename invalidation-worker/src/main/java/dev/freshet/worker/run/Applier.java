package dev.freshet.worker.run;

import dev.freshet.catalog.Event;
import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.Page;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.db.Query;
import dev.freshet.worker.run.Batch.Change;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a batch of changes to PostgreSQL in one transaction, newest wins. A row that PostgreSQL refuses is found and
 * only it fails: the transaction is repeated without it.
 */
final class Applier {
    /** Refused rows that a batch may have before its changes are applied one by one. */
    private static final int MAX_REFUSALS = 8;
    /** Tries of a batch, and of a single change, that met a deadlock. */
    private static final int MAX_TRIES = 3;
    /** Sets of parameters that are looked up by one statement: so many at a time are held in memory and take its time. */
    private static final int MAX_SETS = 1_000;
    /** Changes in a row that time out alone before the rest is left for later: then it is not the changes' fault. */
    private static final int MAX_TIMEOUTS = 3;

    private static final Pattern FIRST_NUMBER = Pattern.compile("\\d{1,9}");

    private static final Comparator<Change> OLDER_VERSIONS_FIRST = Comparator.comparingLong(
            change -> change.event().version().map(Event.Version::number).orElse(Long.MIN_VALUE));

    /**
     * What became of a batch.
     *
     * @param effects what the applied and the overtaken changes made stale
     * @param leftBehind ids of rows that are to be finished once the effects are invalidated
     * @param overtaken what was older than the data
     * @param failures what PostgreSQL did not take
     * @param written what somebody waits for and is to be loaded before they are answered
     */
    record Applied(
            Effects effects,
            List<Long> leftBehind,
            List<Change> applied,
            List<Change> overtaken,
            Map<Change, Exception> failures,
            List<Through.Written> written) {

        Applied plus(Applied other) {
            effects.add(other.effects);
            leftBehind.addAll(other.leftBehind);
            applied.addAll(other.applied);
            overtaken.addAll(other.overtaken);
            failures.putAll(other.failures);
            written.addAll(other.written);
            return this;
        }

        static Applied failed(Change change, Exception error) {
            var nothing = nothing();
            nothing.failures.put(change, error);
            return nothing;
        }

        static Applied nothing() {
            return new Applied(
                    new Effects(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new ArrayList<>(),
                    new IdentityHashMap<>(),
                    new ArrayList<>());
        }
    }

    private static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Change change;
        private final SQLException refusal;

        RefusedException(Change change, SQLException refusal) {
            super(refusal);
            this.change = change;
            this.refusal = refusal;
        }
    }

    private final Database database;
    private final Versions versions;
    private final LeftBehind leftBehind;
    private final Map<NamedSql, Query> queries = new ConcurrentHashMap<>();

    Applier(Database database, Versions versions, LeftBehind leftBehind) {
        this.database = database;
        this.versions = versions;
        this.leftBehind = leftBehind;
    }

    /**
     * Applies events, and after them, since looking up what captured changes touch may take long and holds no row, those.
     *
     * @throws OutageException when PostgreSQL is away; then nothing, or all that was committed, is applied
     */
    Applied apply(List<Change> changes) {
        var done = Applied.nothing();
        try {
            for (boolean captured : List.of(false, true)) {
                var part = changes.stream()
                        .filter(change -> change.job().isCaptured() == captured)
                        .toList();
                apply(new ArrayList<>(part), done);
            }
            return done;
        } catch (OutageException e) {
            throw done.leftBehind.isEmpty() ? e : new OutageException(e.dependency(), true, e);
        }
    }

    private Applied apply(List<Change> left, Applied done) {
        if (left.stream().noneMatch(Applier::needsDatabase)) {
            addEffects(done.effects, left, Map.of(), change -> true);
            done.applied.addAll(left);
            done.written.addAll(written(left, Map.of()));
            return done;
        }
        var result = done;
        int refusals = 0;
        int tries = 0;
        while (left.size() > 1 && refusals < MAX_REFUSALS && tries < MAX_TRIES) {
            try {
                return result.plus(transaction(left));
            } catch (RefusedException e) {
                refusals++;
                left.remove(e.change);
                result = result.plus(applyAlone(e.change));
            } catch (SQLException | RuntimeException e) {
                failureOf(e);
                tries = isConflict(e) ? tries + 1 : MAX_TRIES;
            }
        }
        return applyOneByOne(left, result);
    }

    private static boolean needsDatabase(Change change) {
        var rule = change.rule();
        return rule.apply() != null || rule.lookup() != null || rule.version() != null;
    }

    private Applied applyOneByOne(List<Change> changes, Applied done) {
        var result = done;
        int timeouts = 0;
        Exception timeout = null;
        for (var change : changes) {
            if (timeout != null && timeouts == MAX_TIMEOUTS) {
                result = result.plus(Applied.failed(change, timeout));
                continue;
            }
            var one = applyAlone(change);
            timeout = one.failures.get(change);
            timeouts = timeout instanceof SQLException && failureOf(timeout) == Failure.TRANSIENT ? timeouts + 1 : 0;
            result = result.plus(one);
        }
        return result;
    }

    private Applied applyAlone(Change change) {
        for (int tries = 1; ; tries++) {
            try {
                return transaction(List.of(change));
            } catch (RefusedException e) {
                return Applied.failed(change, e.refusal);
            } catch (SQLException | RuntimeException e) {
                failureOf(e);
                if (!isConflict(e) || tries == MAX_TRIES) {
                    return Applied.failed(change, e);
                }
            }
        }
    }

    private static Failure failureOf(Exception error) {
        var failure = Database.classify(error);
        if (failure == Failure.OUTAGE) {
            throw error instanceof OutageException outage ? outage : new OutageException("postgresql", false, error);
        }
        return failure;
    }

    /** Another transaction came between, such as in a deadlock: the same again may succeed at once. */
    private static boolean isConflict(Exception error) {
        return error instanceof SQLException sql
                && String.valueOf(sql.getSQLState()).startsWith("40");
    }

    private Applied transaction(List<Change> changes) throws SQLException, RefusedException {
        try (var connection = database.connection()) {
            connection.setAutoCommit(false);
            Applied applied;
            try {
                applied = apply(connection, changes);
            } catch (SQLException | RefusedException | RuntimeException e) {
                rollback(connection, e);
                throw e;
            }
            commit(connection);
            return applied;
        }
    }

    private static void commit(Connection connection) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException e) {
            if (Database.classify(e) == Failure.OUTAGE) {
                throw new OutageException("postgresql", true, e); // who knows whether it was committed
            }
            rollback(connection, e);
            throw e;
        }
    }

    /** Of a lost connection it fails; what counts is why the transaction did. */
    private static void rollback(Connection connection, Exception why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** The versions come first: their locks make "before" the state that the last committed change left. */
    private Applied apply(Connection connection, List<Change> all) throws SQLException, RefusedException {
        var changes = all.stream().sorted(OLDER_VERSIONS_FIRST).toList();
        var previous = versions.raise(connection, changes);
        // what was and what overtaken events say need not be on a page any more: only what is has versions
        // and what looks nothing up says the same afterwards, as does what others changed before
        var asking = changes.stream()
                .filter(change ->
                        change.rule().lookup() != null && !change.job().isCaptured())
                .toList();
        var before = effects(asking, lookup(connection, asking), change -> false);
        var split = changes.stream().collect(Collectors.partitioningBy(change -> isFresh(change, previous)));
        var fresh = split.getOrDefault(true, List.of());
        for (var wave : waves(fresh)) {
            write(connection, wave);
        }
        var found = lookup(connection, changes);
        var after = effects(changes, found, change -> isFresh(change, previous));
        var left = before.without(after);
        var rows = new ArrayList<Long>();
        if (!left.isEmpty()) {
            rows.add(leftBehind.write(connection, left));
        }
        before.add(after);
        return new Applied(
                before,
                rows,
                fresh,
                split.getOrDefault(false, List.of()),
                new IdentityHashMap<>(),
                written(changes, found));
    }

    private static List<Through.Written> written(
            List<Change> changes, Map<Change, List<Map<String, @Nullable String>>> found) {
        return changes.stream()
                .filter(change ->
                        change.job().awaited() && !change.rule().through().isEmpty())
                .map(change ->
                        new Through.Written(change.rule(), change.event(), found.getOrDefault(change, List.of())))
                .toList();
    }

    /** An equal version is applied again: a redo after a crash must be able to finish what it began. */
    private static boolean isFresh(Change change, Map<String, Long> previous) {
        return change.event()
                .version()
                .map(version -> version.number() >= previous.getOrDefault(version.identity(), Long.MIN_VALUE))
                .orElse(true);
    }

    /**
     * Changes of one identity go into different waves, in their order; all others share the first wave. Within a wave the
     * order does not matter, so that it can be written rule by rule.
     */
    private static List<List<Change>> waves(List<Change> changes) {
        var waves = new ArrayList<List<Change>>();
        var next = new HashMap<String, Integer>();
        for (var change : changes) {
            int wave = change.event()
                    .version()
                    .map(version -> next.merge(version.identity(), 1, Integer::sum) - 1)
                    .orElse(0);
            if (wave == waves.size()) {
                waves.add(new ArrayList<>());
            }
            waves.get(wave).add(change);
        }
        return waves;
    }

    private void write(Connection connection, List<Change> wave) throws SQLException, RefusedException {
        for (var changes : byTopic(wave)) {
            var sql = changes.getFirst().rule().apply();
            if (sql == null) {
                continue;
            }
            try {
                query(sql).update(connection, parameters(changes));
            } catch (BatchUpdateException e) {
                if (failureOf(e) == Failure.PERMANENT) {
                    throw new RefusedException(changes.get(refused(e, changes.size())), e);
                }
                throw e;
            }
        }
    }

    /**
     * The driver tells which row was refused only in its message ("Batch entry 17 … was aborted"), in the language of
     * the machine. That is good enough to guess, since the guessed row is tried alone and not condemned.
     */
    private static int refused(BatchUpdateException error, int size) {
        var number = FIRST_NUMBER.matcher(String.valueOf(error.getMessage()));
        return number.find() ? Math.min(Integer.parseInt(number.group()), size - 1) : 0;
    }

    private Map<Change, List<Map<String, @Nullable String>>> lookup(Connection connection, List<Change> changes)
            throws SQLException {
        var found = new IdentityHashMap<Change, List<Map<String, @Nullable String>>>();
        for (var group : byTopic(changes)) {
            var sql = group.getFirst().rule().lookup();
            if (sql != null) {
                var rows = rows(connection, query(sql), sets(group)).iterator();
                for (var change : group) {
                    found.put(change, looked(change.event(), rows));
                }
            }
        }
        return found;
    }

    private static List<List<Map<String, @Nullable String>>> rows(
            Connection connection, Query query, List<Map<String, @Nullable String>> sets) throws SQLException {
        var rows = new ArrayList<List<Map<String, @Nullable String>>>(sets.size());
        for (int from = 0; from < sets.size(); from += MAX_SETS) {
            rows.addAll(query.rows(connection, sets.subList(from, Math.min(from + MAX_SETS, sets.size()))));
        }
        return rows;
    }

    /** @param answers one for each set of the event, taken in their order */
    private static List<Map<String, @Nullable String>> looked(
            Event event, Iterator<List<Map<String, @Nullable String>>> answers) {
        if (event.rows().isEmpty()) {
            return answers.next();
        }
        var all = new ArrayList<Map<String, @Nullable String>>();
        for (var row : event.rows()) {
            all.add(row); // what it says by itself is stale also when nothing is found
            answers.next().forEach(answer -> {
                var both = new HashMap<>(row);
                both.putAll(answer);
                all.add(both);
            });
        }
        return all;
    }

    /** @param isProvable of which changes the pages have versions */
    private static Effects effects(
            List<Change> changes,
            Map<Change, List<Map<String, @Nullable String>>> lookups,
            Predicate<Change> isProvable) {
        var effects = new Effects();
        addEffects(effects, changes, lookups, isProvable);
        return effects;
    }

    private static void addEffects(
            Effects effects,
            List<Change> changes,
            Map<Change, List<Map<String, @Nullable String>>> lookups,
            Predicate<Change> isProvable) {
        for (var change : changes) {
            var rows = lookups.getOrDefault(change, change.event().rows());
            var received = change.job().receivedAt();
            if (change.event().isBoundless()) {
                effects.addEverything(received);
            }
            change.rule().eachTag(change.event(), rows, tag -> effects.addTag(tag, received));
            effects.addScores(change.rule().scores(change.event(), rows));
            var pages = change.rule().pages(change.event(), rows);
            if (isProvable.test(change)) {
                effects.addPages(pages, received);
            } else {
                effects.addPaths(pages.stream().map(Page::path).toList(), received);
            }
        }
    }

    /** In the same order in every worker, so that they meet fewer of each other's row locks crosswise. */
    private static Collection<List<Change>> byTopic(List<Change> changes) {
        var groups = new TreeMap<String, List<Change>>();
        for (var change : changes) {
            groups.computeIfAbsent(change.job().topic(), topic -> new ArrayList<>())
                    .add(change);
        }
        return groups.values();
    }

    private static List<Map<String, @Nullable String>> sets(List<Change> changes) {
        return changes.stream()
                .flatMap(change -> change.event().sets().stream())
                .toList();
    }

    private static List<Map<String, @Nullable String>> parameters(List<Change> changes) {
        return changes.stream().map(change -> change.event().parameters()).toList();
    }

    private Query query(NamedSql sql) {
        return queries.computeIfAbsent(sql, Query::new);
    }
}
