package dev.freshet.db;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Kind;
import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.Parameter;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.TableChange;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.settings.Spelling;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Asks the database whether it understands every statement of a catalog, without running one. */
public final class SqlCheck {
    /** As catalogs name them. */
    private static final String TABLES = """
            select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_'
               and n.nspname not in ('information_schema', 'freshet')""";

    /** SQLSTATEs indeterminate_datatype and undefined_table. */
    private static final String NO_TYPE = "42P18";

    private static final String NO_TABLE = "42P01";

    /** The name in {@code relation "public.runs" does not exist}, as catalogs write it. */
    private static final Pattern RELATION = Pattern.compile("\"(?:public\\.)?([^\"]+)\"");

    private static final Pattern SECRET =
            Pattern.compile("(^|[^a-z])(passw(or)?d|passphrase|pwd|secret|api_?key|private_?key)([^a-z]|$)");

    /** What answers of boards have beside an author's columns. */
    private static final Set<String> RANKED = Set.of("rank", "member", "score");

    private static final Set<Integer> NUMBERS =
            Set.of(Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.NUMERIC, Types.REAL, Types.DOUBLE);

    private final Catalog catalog;
    private final Connection connection;
    private final PlanCheck plans;
    private final List<Problem> problems = new ArrayList<>();

    private SqlCheck(Catalog catalog, Connection connection) {
        this.catalog = catalog;
        this.connection = connection;
        this.plans = new PlanCheck(connection);
    }

    /**
     * @return errors, and warnings about large tables that a statement would read whole; by line, empty when all is well
     * @throws SQLException when the database cannot be asked
     */
    public static List<Problem> check(Catalog catalog, Database database) throws SQLException {
        return check(catalog, catalog.events().values(), catalog.changes().values(), database);
    }

    /** As {@link #check}, for who only reads, and may have no right to what events do. */
    public static List<Problem> checkViews(Catalog catalog, Database database) throws SQLException {
        return check(catalog, List.of(), List.of(), database);
    }

    private static List<Problem> check(
            Catalog catalog, Collection<EventRule> events, Collection<TableChange> changes, Database database)
            throws SQLException {
        try (var connection = database.connection()) {
            var check = new SqlCheck(catalog, connection);
            for (var view : catalog.views().values()) {
                check.view(view);
            }
            for (var rule : events) {
                check.event(rule);
            }
            for (var change : changes) {
                check.change(change);
            }
            return check.problems.stream()
                    .distinct()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .toList();
        }
    }

    private void view(View view) throws SQLException {
        switch (view.source()) {
            case Source.Rows(var sql, var kind) -> rows(sql, kind, "views." + view.name() + ".sql");
            case Source.Board board -> board(board, "views." + view.name() + ".sql");
            case Source.Function function -> {} // the processes that have it ask it
        }
        if (view.warm().isPresent()) {
            warm(view, view.warm().get().sql(), "views." + view.name() + ".warm");
        }
    }

    /** Its columns name values of the view. */
    private void warm(View view, NamedSql sql, String where) throws SQLException {
        var columns = columns(sql, where);
        if (columns == null) {
            return;
        }
        var names = view.params().stream().map(Parameter::name).toList();
        for (var column : columns) {
            if (!names.contains(column)) {
                var near = names.stream().filter(column::equalsIgnoreCase).findFirst();
                add(
                        Severity.ERROR,
                        sql.line(),
                        where + " selects " + column + ", which is no parameter of the view",
                        near.map(name -> "PostgreSQL folds names to lower case unless quoted: as \"" + name + "\"")
                                .orElse("name it as the view's parameter with as"));
            }
        }
        for (var parameter : view.params()) {
            if (parameter.fallback() == null && columns.stream().noneMatch(parameter.name()::equalsIgnoreCase)) {
                add(
                        Severity.ERROR,
                        sql.line(),
                        where + " does not select " + parameter.name(),
                        "the view asks for it; or give it a default");
            }
        }
    }

    private void rows(NamedSql sql, Kind kind, String where) throws SQLException {
        var columns = columns(sql, where);
        if (columns == null) {
            return;
        }
        if (columns.isEmpty()) {
            add(Severity.ERROR, sql.line(), where + " must return rows", "begin it with select");
            return;
        }
        if (kind == Kind.VALUE && columns.size() > 1) {
            add(Severity.ERROR, sql.line(), where + " must give one column", "kind: row answers several");
            return;
        }
        names(sql, columns, where);
        if (composes(sql, where, new Query(sql).jsonText(connection, kind))) {
            plan(sql, where);
        }
    }

    private void names(NamedSql sql, List<String> columns, String where) {
        if (new HashSet<>(columns).size() < columns.size()) {
            add(Severity.ERROR, sql.line(), where + " has two columns of one name", "rename one with as");
        }
        columns.stream()
                .filter(SqlCheck::isSecret)
                .forEach(column -> add(
                        Severity.ERROR,
                        sql.line(),
                        where + " selects " + column + ", by its name a secret",
                        "leave it out: what is cached can be read by whoever reads the view; or rename it with as"));
    }

    private void board(Source.Board board, String where) throws SQLException {
        var sql = board.sql();
        var columns = columns(sql, where);
        if (columns == null) {
            return;
        }
        boolean isWhole = true;
        for (var name : List.of(board.member(), board.score())) {
            if (!columns.contains(name)) {
                add(
                        Severity.ERROR,
                        sql.line(),
                        where + " gives no column " + name,
                        Spelling.hint(name, columns, "select it as \"" + name + "\""));
                isWhole = false;
            }
        }
        names(sql, columns, where);
        columns.stream()
                .filter(name -> RANKED.contains(name)
                        && !List.of(board.member(), board.score()).contains(name))
                .forEach(name -> add(
                        Severity.ERROR,
                        sql.line(),
                        where + " selects " + name + ", which every answer has by itself",
                        "leave it out, or rename it with as"));
        if (isWhole && !isNumber(sql, board.score())) {
            add(
                    Severity.ERROR,
                    sql.line(),
                    where + " gives a column " + board.score() + " that is no number",
                    "a score is a number, such as extract(epoch from at)");
        } else if (isWhole) {
            composes(sql, where, new BoardQuery(board).bestText(connection, board.most()));
        }
    }

    private boolean isNumber(NamedSql sql, String column) throws SQLException {
        try (var statement = connection.prepareStatement(sql.positional())) {
            var columns = statement.getMetaData();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                if (columns.getColumnLabel(i).equals(column)) {
                    return NUMBERS.contains(columns.getColumnType(i));
                }
            }
            return false;
        }
    }

    /** By the words of a name such as {@code password_hash}, {@code "apiKey"} or {@code pwd}. */
    private static boolean isSecret(String column) {
        var words = column.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
        return SECRET.matcher(words).find();
    }

    private void event(EventRule rule) throws SQLException {
        var apply = rule.apply();
        if (apply != null) {
            var where = "events." + rule.topic() + ".apply";
            var columns = columns(apply, where);
            if (columns != null && !columns.isEmpty()) {
                add(Severity.ERROR, apply.line(), where + " must not return rows", "leave out returning, or select");
            } else if (columns != null) {
                plan(apply, where);
            }
        }
        var lookup = rule.lookup();
        if (lookup != null) {
            lookup(rule, lookup, "events." + rule.topic() + ".lookup");
        }
    }

    /** The table, its columns and the expressions on its rows, as its triggers will use them. */
    private void change(TableChange change) throws SQLException {
        var where = "changes." + change.table();
        if (prepares(change, where, "1")) {
            for (var column : change.columns()) {
                prepares(change, where + ".columns", quoted(column));
            }
            for (var value : change.with().entrySet()) {
                prepares(change, where + ".with." + value.getKey(), value.getValue());
            }
        }
        var lookup = change.rule().lookup();
        if (lookup != null) {
            lookup(change.rule(), lookup, where + ".lookup");
        }
    }

    private boolean prepares(TableChange change, String where, String expression) throws SQLException {
        var text = "select (" + expression + "\n) from " + quoted(change.schema()) + "." + quoted(change.name())
                + " where false";
        return composes(new NamedSql(text, change.line()), where, text.replace("?", "??"));
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private void lookup(EventRule rule, NamedSql lookup, String where) throws SQLException {
        var columns = columns(lookup, where);
        if (columns == null) {
            return;
        }
        for (var name : wanted(rule)) {
            if (!columns.contains(name)) {
                add(
                        Severity.ERROR,
                        lookup.line(),
                        where + " gives no column " + name + ", which a tag or path needs",
                        remedy(name, columns, rule.with().names()));
            }
        }
        if (!columns.isEmpty() && composes(lookup, where, new Query(lookup).rowsText(connection))) {
            plan(lookup, where);
        }
    }

    /** The placeholders that the event itself does not fill. */
    private static Set<String> wanted(EventRule rule) {
        var names = new LinkedHashSet<String>();
        rule.tags().forEach(tag -> names.addAll(tag.placeholders()));
        rule.paths().forEach(path -> names.addAll(path.placeholders()));
        rule.scores().forEach(score -> names.addAll(score.placeholders()));
        names.removeAll(rule.with().names());
        names.remove(EventRule.RECEIVED_AT);
        return names;
    }

    private static String remedy(String name, List<String> columns, Set<String> values) {
        if (columns.contains(name.toLowerCase(Locale.ROOT))) {
            return "PostgreSQL folds names to lower case unless quoted: as \"" + name + "\"";
        }
        return Stream.of(columns, values)
                .flatMap(known -> Spelling.nearest(name, known).stream())
                .findFirst()
                .map(near -> "did you mean {" + near + "}?")
                .orElse("select it as \"" + name + "\"");
    }

    /** @return the statement's columns, none when it returns no rows; null when it was reported */
    @SuppressWarnings("ReturnsNullCollection") // a statement without columns is another thing than one with errors
    private @Nullable List<String> columns(NamedSql sql, String where) throws SQLException {
        try (var statement = connection.prepareStatement(sql.positional())) {
            statement.getParameterMetaData();
            var metaData = statement.getMetaData();
            var columns = new ArrayList<String>();
            for (int i = 1; metaData != null && i <= metaData.getColumnCount(); i++) {
                columns.add(metaData.getColumnLabel(i));
            }
            return columns;
        } catch (PSQLException e) {
            report(sql, where, e, true);
            return null;
        }
    }

    /** The statement that will run; what the database refuses here stands in the way it is embedded. */
    private boolean composes(NamedSql sql, String where, String text) throws SQLException {
        try (var statement = connection.prepareStatement(text)) {
            statement.getParameterMetaData();
            return true;
        } catch (PSQLException e) {
            report(sql, where, e, false);
            return false;
        }
    }

    private void plan(NamedSql sql, String where) throws SQLException {
        try {
            for (var table : plans.largeScans(sql)) {
                add(
                        Severity.WARNING,
                        sql.line(),
                        where + " reads all of the large table " + table,
                        "an index on what it filters or joins by would help");
            }
        } catch (PSQLException e) {
            report(sql, where, e, false);
        }
    }

    /** @throws SQLException when it is no complaint about the statement */
    private void report(NamedSql sql, String where, PSQLException error, boolean positioned) throws SQLException {
        var message = error.getServerErrorMessage();
        if (message == null || Database.classify(error) == Failure.OUTAGE) {
            throw error;
        }
        int line = sql.line();
        if (positioned && message.getPosition() > 0) {
            var text = sql.numbered();
            var before = text.substring(0, Math.min(text.length(), message.getPosition() - 1));
            line += (int) before.chars().filter(c -> c == '\n').count();
        }
        add(Severity.ERROR, line, where + ": " + named(sql, String.valueOf(message.getMessage())), remedy(message));
    }

    private String remedy(ServerErrorMessage error) throws SQLException {
        var state = String.valueOf(error.getSQLState());
        if (state.equals(NO_TYPE)) {
            return "say its type, such as :name::int";
        }
        if (error.getHint() != null) {
            return error.getHint();
        }
        var relation = RELATION.matcher(String.valueOf(error.getMessage()));
        return state.equals(NO_TABLE) && relation.find() ? table(relation.group(1)) : "";
    }

    /** @return what was meant; empty where there is nothing like it, and where there is this very table */
    private String table(String name) throws SQLException {
        var tables = new ArrayList<String>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(TABLES)) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables.contains(name) ? "" : Spelling.hint(name, tables, "");
    }

    /** Replaces the {@code $2} of a message by the name that the author gave it. */
    private static String named(NamedSql sql, String message) {
        var names = sql.occurrences();
        for (int i = names.size(); i > 0; i--) {
            message = message.replace("$" + i, ":" + names.get(i - 1));
        }
        return message;
    }

    private void add(Severity severity, int line, String message, String remedy) {
        problems.add(new Problem(severity, catalog.file(), line, message, remedy));
    }
}
