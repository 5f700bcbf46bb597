package dev.freshet.capture;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.TableChange;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The triggers that a catalog's {@code changes} ask for, in the application's database. */
public final class CaptureTriggers {
    /** The table and, since a statement on one of them is none on their parent, all partitions and heirs. */
    private static final String TABLES = """
            with recursive family (id) as (
              select to_regclass(?)::oid where to_regclass(?) is not null
              union select i.inhrelid from pg_inherits i join family on i.inhparent = family.id)
            select id::regclass::text from family order by 1""";

    private static final String KEY = """
            select a.attname from pg_index i
              join unnest(i.indkey) with ordinality k (attnum, nth) on k.nth <= i.indnkeyatts
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
             where i.indrelid = to_regclass(?) and i.indisprimary order by k.nth""";
    private static final String FUNCTIONS = """
            select p.proname, obj_description(p.oid, 'pg_proc') from pg_proc p
             where p.pronamespace = to_regnamespace('freshet') and obj_description(p.oid, 'pg_proc') like ?""";
    /** Columns that are computed when they are read, from PostgreSQL 18 on: triggers do not see them. */
    private static final String VIRTUAL = """
            select attname from pg_attribute
             where attrelid = to_regclass(?) and attgenerated = 'v' and not attisdropped order by attnum""";

    private static final String CAPTURED = """
            select distinct t.tgrelid::regclass::text from pg_trigger t
              join pg_proc p on p.oid = t.tgfoid
             where p.pronamespace = to_regnamespace('freshet') and p.proname = ? and not t.tgisinternal""";
    /** Those that fire for everybody but a replica. */
    private static final String TRIGGERS = """
            select t.tgrelid::regclass::text, t.tgname, t.tgenabled in ('O', 'A') from pg_trigger t
              join pg_proc p on p.oid = t.tgfoid
             where p.pronamespace = to_regnamespace('freshet') and p.proname = ? and not t.tgisinternal""";

    private static final String LOOKING = "set local lock_timeout = '5s'";
    /**
     * Who waits for a lock keeps everybody behind it waiting too, and who holds some meanwhile may make PostgreSQL end the
     * application's transaction as that of a deadlock, which it looks for after a second.
     */
    private static final String IMPATIENT = "set local lock_timeout = '100ms'";
    /** As the triggers' function sees names. */
    private static final String PATH = "set local search_path = pg_catalog, pg_temp";

    private static final String NO_RIGHT = "42501";
    /** SQLSTATEs lock_not_available and deadlock_detected. */
    private static final Set<String> IN_USE = Set.of("55P03", "40P01");

    /** How long locks are tried for. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final Pattern WORD_END = Pattern.compile("[^\\p{L}\\p{N}_$]+");

    private final Catalog catalog;
    private final Database database;

    public CaptureTriggers(Catalog catalog, Database database) {
        this.catalog = catalog;
        this.database = database;
    }

    /**
     * How one table is captured.
     *
     * @param notifies whether its triggers also notify {@link Outbox#channel}
     */
    public record Installed(String table, State state, boolean notifies) {}

    /** Whether the triggers do what the catalog says. */
    public enum State {
        CURRENT,
        /** They do what an earlier catalog said. */
        OUTDATED,
        MISSING,
        /** Somebody switched one off. */
        DISABLED,
        /** The table is not what they were made for: all that they can say is that anything may have changed. */
        BROKEN,
        /** They are there, and the catalog does not name the table any more. */
        UNUSED
    }

    /**
     * Makes every table's triggers what the catalog says; those of tables that it does not name any more go. All or nothing.
     * New triggers wait until no transaction is under way that changed the table without them, and let none begin until
     * all is done. What was changed before is not known, so that this counts as a change of anything. Where nothing changes
     * but whether they notify, they go on writing down what they did, and nobody waits.
     *
     * @param notify whether they also notify {@link Outbox#channel}, which costs whoever writes: docs/decisions/0044; null for
     *     as they are
     * @return as {@link #show} said before
     * @throws SQLException also when a table is missing or in use for 5 s, or this role has not the right {@code trigger}
     */
    public List<Installed> install(@Nullable Boolean notify) throws SQLException {
        return install(notify, PATIENCE);
    }

    List<Installed> install(@Nullable Boolean notify, Duration patience) throws SQLException {
        return patiently(patience, connection -> {
            var before = show(connection);
            for (var statement : script(connection, before, notifies(notify, before))) {
                execute(connection, statement);
            }
            return before;
        });
    }

    /** The statements that {@link #install} would run now, with those that make them one transaction. */
    public List<String> script(@Nullable Boolean notify) throws SQLException {
        var script = new ArrayList<String>();
        script.add("begin");
        script.addAll(inTransaction(connection -> {
            var now = show(connection);
            return script(connection, now, notifies(notify, now));
        }));
        script.add("commit");
        return script;
    }

    /**
     * Whether {@link #install} lets triggers notify.
     *
     * @param notify as it was asked for; null for as they are
     * @param before as it said
     */
    public static boolean notifies(@Nullable Boolean notify, List<Installed> before) {
        return notify == null ? before.stream().anyMatch(Installed::notifies) : notify;
    }

    /** Each table of the catalog, then those that are captured and not in it. */
    public List<Installed> show() throws SQLException {
        return inTransaction(this::show);
    }

    /**
     * Warnings for who checks a catalog: what {@link #show} finds, and what it would be good to know.
     *
     * @param listens whether workers wait for notifications
     */
    public List<Problem> check(boolean listens) throws SQLException {
        return inTransaction(connection -> {
            var problems = new ArrayList<Problem>();
            var shown = show(connection);
            boolean notify = listens || shown.stream().anyMatch(Installed::notifies);
            var remedy = "freshet capture install" + (notify ? " --notify" : "");
            for (var one : shown) {
                var change = catalog.changes().get(one.table);
                if (one.state != State.CURRENT) {
                    var what = "changes." + one.table + ": its triggers are "
                            + one.state.name().toLowerCase(Locale.ROOT);
                    problems.add(problem(Severity.WARNING, change, what, remedy));
                } else if (listens && !one.notifies) {
                    var what = "changes." + one.table + ": CAPTURE_LISTEN_URL is set, and its triggers do not notify";
                    problems.add(problem(Severity.WARNING, change, what, remedy));
                }
                var unseen = change == null ? List.<String>of() : unseen(connection, change);
                if (!unseen.isEmpty()) {
                    var what = "changes." + one.table + ": " + virtual(unseen);
                    problems.add(problem(Severity.ERROR, change, what, "name the columns it is computed from"));
                }
                if (change != null
                        && !change.columns().isEmpty()
                        && primaryKey(connection, change).isEmpty()) {
                    var what = "changes." + one.table
                            + ".columns: the table has no primary key, so that every updated row counts";
                    problems.add(problem(Severity.NOTE, change, what, ""));
                }
            }
            return problems;
        });
    }

    private Problem problem(Severity severity, @Nullable TableChange change, String what, String remedy) {
        return new Problem(severity, catalog.file(), change == null ? 0 : change.line(), what, remedy);
    }

    /** @return how many tables are captured no more */
    public int remove() throws SQLException {
        return patiently(PATIENCE, connection -> {
            var functions = functions(connection).keySet();
            for (var statement : List.of(IMPATIENT, lock(Set.of(), captured(connection, functions)))) {
                execute(connection, statement);
            }
            for (var function : functions) {
                execute(connection, drop(function));
            }
            return functions.size();
        });
    }

    /** The tables whose triggers go with these functions. */
    private static Set<String> captured(Connection connection, Collection<String> functions) throws SQLException {
        var tables = new TreeSet<String>();
        for (var function : functions) {
            tables.addAll(texts(connection, CAPTURED, function));
        }
        return tables;
    }

    /**
     * Takes the locks that the other statements take one after another, all or none, at once or not at all. Whose only
     * right is {@code trigger} may not; then each of them is waited for no longer than {@link #IMPATIENT} says.
     */
    private static String lock(Set<String> changed, Set<String> dropped) {
        var statements = lock(dropped, "access exclusive") + lock(changed, "share row exclusive");
        return "do "
                + TriggerSql.dollars("begin\n" + statements + "exception when insufficient_privilege then null;\nend");
    }

    private static String lock(Set<String> tables, String mode) {
        return tables.isEmpty() ? "" : "  lock table " + String.join(", ", tables) + " in " + mode + " mode nowait;\n";
    }

    private static String drop(String function) {
        return "drop function freshet." + function + "() cascade";
    }

    private List<String> script(Connection connection, List<Installed> now, boolean notifies) throws SQLException {
        var statements = new ArrayList<String>();
        statements.add(IMPATIENT);
        statements.add(PATH);
        var changed = now.stream().filter(one -> one.state != State.CURRENT).toList();
        var functions = changed.stream()
                .map(one -> TriggerSql.function(catalog.application(), one.table))
                .toList();
        var tables = new TreeSet<String>();
        for (var one : changed) {
            var change = catalog.changes().get(one.table);
            if (change != null) {
                tables.addAll(tables(connection, sql(connection, change)));
            }
        }
        if (!changed.isEmpty()) {
            statements.add(lock(tables, captured(connection, functions)));
        }
        for (var one : now) {
            var change = catalog.changes().get(one.table);
            if (change == null) {
                statements.add(drop(TriggerSql.function(catalog.application(), one.table)));
            } else if (one.state != State.CURRENT) {
                statements.addAll(install(connection, change, notifies));
            } else if (one.notifies != notifies) {
                statements.addAll(sql(connection, change).function(notifies));
            }
        }
        if (notifies) {
            statements.add("select " + TriggerSql.notification(catalog.application()));
        }
        return statements;
    }

    private List<String> install(Connection connection, TableChange change, boolean notifies) throws SQLException {
        var sql = sql(connection, change);
        var tables = tables(connection, sql);
        if (tables.isEmpty()) {
            throw new SQLException("there is no table " + change.table(), "42P01");
        }
        var unseen = unseen(connection, change);
        if (!unseen.isEmpty()) {
            throw new SQLException("changes." + change.table() + ": " + virtual(unseen), "0A000");
        }
        var name = TriggerSql.function(catalog.application(), change.table());
        var statements = new ArrayList<String>();
        statements.add(sql.trial());
        if (functions(connection).containsKey(name)) {
            statements.add(drop(name));
        }
        statements.addAll(sql.function(notifies));
        for (var table : tables) {
            for (var event : TriggerSql.Event.values()) {
                statements.add(sql.trigger(event, table));
            }
        }
        statements.add(sql.boundless());
        return statements;
    }

    private List<Installed> show(Connection connection) throws SQLException {
        var functions = functions(connection);
        var result = new ArrayList<Installed>();
        for (var change : catalog.changes().values()) {
            var function = TriggerSql.function(catalog.application(), change.table());
            var comment = functions.remove(function);
            boolean notifies = comment != null && TriggerSql.notifies(comment);
            result.add(new Installed(change.table(), state(connection, change, comment), notifies));
        }
        var prefix = TriggerSql.comment(catalog.application(), "");
        for (var comment : functions.values()) {
            var table = comment.substring(prefix.length(), Math.max(prefix.length(), comment.lastIndexOf(' ')));
            result.add(new Installed(table, State.UNUSED, TriggerSql.notifies(comment)));
        }
        return result;
    }

    private State state(Connection connection, TableChange change, @Nullable String comment) throws SQLException {
        if (comment == null) {
            return State.MISSING;
        }
        var sql = sql(connection, change);
        var there = triggers(connection, TriggerSql.function(catalog.application(), change.table()));
        Set<String> wanted = new HashSet<>();
        var tables = tables(connection, sql);
        for (var table : tables) {
            for (var event : TriggerSql.Event.values()) {
                wanted.add(table + " " + event.trigger(catalog.application()));
            }
        }
        if (tables.isEmpty() || !there.keySet().containsAll(wanted)) {
            return State.MISSING;
        }
        if (wanted.stream().anyMatch(trigger -> !there.getOrDefault(trigger, false))) {
            return State.DISABLED;
        }
        if (!comment.equals(sql.comment(TriggerSql.notifies(comment)))) {
            return State.OUTDATED;
        }
        return isUnderstood(connection, sql) && unseen(connection, change).isEmpty() ? State.CURRENT : State.BROKEN;
    }

    /** Columns that the catalog asks for and triggers do not see; also one that only stands in a text within SQL. */
    private static List<String> unseen(Connection connection, TableChange change) throws SQLException {
        var words =
                change.with().values().stream().flatMap(WORD_END::splitAsStream).collect(Collectors.toSet());
        var virtual = texts(connection, VIRTUAL, new TriggerSql("", change, List.of()).table());
        return virtual.stream()
                .filter(column -> change.columns().contains(column) || words.contains(column))
                .toList();
    }

    private static String virtual(List<String> columns) {
        return "triggers do not see virtual generated columns: " + String.join(", ", columns);
    }

    /** Who may not read the table cannot tell. */
    private static boolean isUnderstood(Connection connection, TriggerSql sql) throws SQLException {
        var before = connection.setSavepoint();
        try {
            execute(connection, sql.trial());
            return true;
        } catch (SQLException e) {
            if (Database.classify(e) != Failure.PERMANENT) {
                throw e;
            }
            return NO_RIGHT.equals(e.getSQLState());
        } finally {
            connection.rollback(before);
        }
    }

    private TriggerSql sql(Connection connection, TableChange change) throws SQLException {
        return new TriggerSql(catalog.application(), change, primaryKey(connection, change));
    }

    private List<String> primaryKey(Connection connection, TableChange change) throws SQLException {
        return texts(connection, KEY, new TriggerSql(catalog.application(), change, List.of()).table());
    }

    /** As PostgreSQL would write them in a statement. */
    private static List<String> tables(Connection connection, TriggerSql sql) throws SQLException {
        return texts(connection, TABLES, sql.table(), sql.table());
    }

    /** The comment of each function, by name. */
    private Map<String, String> functions(Connection connection) throws SQLException {
        var prefix = TriggerSql.comment(catalog.application(), "");
        var functions = new HashMap<String, String>();
        try (var statement = connection.prepareStatement(FUNCTIONS)) {
            statement.setString(1, prefix.replaceAll("([_%\\\\])", "\\\\$1") + "%");
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    functions.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return functions;
    }

    /** Whether each is enabled, by table and name. */
    private static Map<String, Boolean> triggers(Connection connection, String function) throws SQLException {
        var triggers = new HashMap<String, Boolean>();
        try (var statement = connection.prepareStatement(TRIGGERS)) {
            statement.setString(1, function);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    triggers.put(rows.getString(1) + " " + rows.getString(2), rows.getBoolean(3));
                }
            }
        }
        return triggers;
    }

    private static List<String> texts(Connection connection, String sql, String... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            var texts = new ArrayList<String>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    texts.add(rows.getString(1));
                }
            }
            return texts;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Tries again, in another transaction, while tables are in use. */
    private <T> T patiently(Duration patience, Database.Work<T> work) throws SQLException {
        long start = System.nanoTime();
        while (true) {
            try {
                return inTransaction(work);
            } catch (SQLException e) {
                boolean isLate = System.nanoTime() - start >= patience.toNanos();
                if (isLate || !IN_USE.contains(String.valueOf(e.getSQLState())) || !pause()) {
                    throw e;
                }
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private <T> T inTransaction(Database.Work<T> work) throws SQLException {
        return database.inTransaction(connection -> {
            execute(connection, LOOKING);
            execute(connection, PATH);
            return work.run(connection);
        });
    }
}
