package dev.freshet.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.TableChange;
import dev.freshet.model.Sha256;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The function that writes down what changes in one table, and the triggers that call it: one for each kind of statement,
 * since one with transition tables may have one event only.
 *
 * <p>What fails while it looks at rows, such as the expression of a column that was renamed, must not fail the
 * application's statement: then it writes that anything may have changed. Only if that cannot be written either does the
 * statement fail, since otherwise old values would be served for good.
 */
final class TriggerSql {
    /** Most sets of values in one row of the outbox. */
    private static final int PAGE = 1_000;
    /** More than so many bytes in one row are not worth their while: then anything may have changed. */
    private static final int MOST_BYTES = 1 << 20;
    /** More different sets of one statement, or more bytes of them, would be held in memory by whoever writes. */
    private static final int MOST_SETS = 100_000;

    private static final int MOST_BYTES_OF_ALL = 16 << 20;
    /** What the comment of a function that notifies ends with. */
    private static final String NOTIFIES = "+notify";

    private final String application;
    private final TableChange change;
    private final List<String> primaryKey;

    /** @param primaryKey its columns; empty where the table has none: then every updated row counts */
    TriggerSql(String application, TableChange change, List<String> primaryKey) {
        this.application = application;
        this.change = change;
        this.primaryKey = List.copyOf(primaryKey);
    }

    /** The kinds of statements that are captured. */
    enum Event {
        INSERT("referencing new table as new_rows "),
        UPDATE("referencing old table as old_rows new table as new_rows "),
        DELETE("referencing old table as old_rows "),
        TRUNCATE("");

        private final String tables;

        Event(String tables) {
            this.tables = tables;
        }

        /** @param application whose trigger it is; several may capture one table */
        String trigger(String application) {
            return "freshet_" + digest(application) + "_" + name().toLowerCase(Locale.ROOT);
        }
    }

    /** The same for the same application and table for good. */
    static String function(String application, String table) {
        return "capture_" + digest(application + "/" + table);
    }

    /** Where an application's triggers notify: short, whatever its name, and its own. */
    static String channel(String application) {
        return "freshet_" + digest(application);
    }

    private static String digest(String text) {
        return Sha256.hex(text.getBytes(UTF_8)).substring(0, 12);
    }

    /**
     * @param notifies whether it also says on the {@link #channel} that something was written
     * @return statements that make or renew the function; triggers that call it do what it says from then on
     */
    List<String> function(boolean notifies) {
        var name = "freshet." + function(application, change.table());
        return List.of(
                definition(name, notifies),
                "revoke execute on function " + name + "() from public",
                "comment on function " + name + "() is " + literal(comment(notifies)));
    }

    /** What says of an installed function whose it is, and by what definition. */
    String comment(boolean notifies) {
        return comment(application, change.table()) + " " + digest(definition("", notifies))
                + (notifies ? NOTIFIES : "");
    }

    /** Whether the function with this comment notifies. */
    static boolean notifies(String comment) {
        return comment.endsWith(NOTIFIES);
    }

    /** Notifies whoever listens, once for each transaction; fails for whom PostgreSQL does not let. */
    static String notification(String application) {
        return "pg_notify(" + literal(channel(application)) + ", '')";
    }

    /** What the comment of any definition begins with. */
    static String comment(String application, String table) {
        return "captures " + application + " " + table;
    }

    /** @param table quoted; the table itself, or one of its partitions */
    String trigger(Event event, String table) {
        return "create trigger " + event.trigger(application) + " after " + event + " on " + table + " " + event.tables
                + "for each statement execute function freshet." + function(application, change.table()) + "()";
    }

    /** The table, quoted. */
    String table() {
        return quoted(change.schema()) + "." + quoted(change.name());
    }

    /** Fails where the function would, such as for a name that it cannot see; gives no rows. */
    String trial() {
        var none = " as materialized (select * from " + table() + " where false)";
        return "with old_rows" + none + ", new_rows" + none + " " + updated();
    }

    /** Says that anything may have changed. */
    String boundless() {
        return "insert into freshet.outbox (application, source) values (" + literal(application) + ", "
                + literal(change.table()) + ")";
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private String definition(String name, boolean notifies) {
        var body = """
                #variable_conflict use_column
                declare
                  different text[];
                  are_too_many boolean;
                  pages text[];
                  page text;
                begin
                  begin
                    if tg_op = 'TRUNCATE' then
                      pages := array[null::text];
                    elsif tg_op = 'INSERT' then
                      %1$s
                    elsif tg_op = 'DELETE' then
                      %2$s
                    else
                      %3$s
                    end if;
                    if are_too_many then
                      pages := array[null::text];
                    elsif cardinality(different) <= %4$d then
                      pages := array[array_to_string(different, e'\\n')];
                    elsif different is not null then
                      select array_agg(freshet_p.lines) into pages from (
                        select string_agg(freshet_d.v, e'\\n') as lines
                          from unnest(different) with ordinality freshet_d (v, n) group by (freshet_d.n - 1) / %4$d
                      ) freshet_p;
                    end if;
                  exception when others then
                    pages := array[null::text];
                  end;
                  if pages is not null then
                    foreach page in array pages loop
                      insert into freshet.outbox (application, source, rows)
                      values (%5$s, %6$s, case when octet_length(page) <= %7$d then page end);
                    end loop;%8$s
                  end if;
                  return null;
                end""".formatted(
                        different(values("new_rows")),
                        different(values("old_rows")),
                        different(updated()),
                        PAGE,
                        literal(application),
                        literal(change.table()),
                        MOST_BYTES,
                        notifies ? "\n    perform " + notification(application) + ";" : "");
        return "create or replace function " + name + "() returns trigger language plpgsql\n"
                + "  security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO'\n"
                + "  set intervalstyle = 'postgres' set extra_float_digits = 1 set bytea_output = 'hex' set lc_monetary = 'C'\n"
                + "  as " + dollars(body);
    }

    /** A body as PostgreSQL reads one, whatever it holds. */
    static String dollars(String body) {
        var quote = "$freshet$";
        while (body.contains(quote)) {
            quote = quote.replace("$freshet", "$freshet_");
        }
        return quote + "\n" + body + "\n" + quote;
    }

    /** Null where there is no value; what is beyond the limits is left out, and then they are too many. */
    private static String different(String values) {
        return """
                select array_agg(freshet_s.v) filter (where freshet_s.bytes <= %2$d),
                       count(*) > %1$d or max(freshet_s.bytes) > %2$d
                  into different, are_too_many
                  from (select freshet_d.v, sum(octet_length(freshet_d.v)) over (rows unbounded preceding) as bytes
                          from (select distinct freshet_v.v from (%3$s) freshet_v limit %4$d) freshet_d) freshet_s;
                """.formatted(MOST_SETS, MOST_BYTES_OF_ALL, values, MOST_SETS + 1)
                .strip();
    }

    private String values(String rows) {
        return "select " + object() + " as v from " + rows;
    }

    /** Of rows that are alike before and after, to the last byte, nothing; of the others both. */
    private String updated() {
        if (primaryKey.isEmpty() || change.columns().isEmpty()) {
            return values("old_rows") + " union all " + values("new_rows");
        }
        var same = IntStream.range(0, primaryKey.size())
                .mapToObj(i -> "o.k" + i + " = n.k" + i)
                .collect(Collectors.joining(" and "));
        return "select w.v from (" + compared("old_rows") + ") o full join (" + compared("new_rows") + ") n on " + same
                + " cross join lateral (values (o.v), (n.v)) w (v) where w.v is not null"
                + " and (o.c operator(pg_catalog.*<>) n.c or o.v is distinct from n.v)";
    }

    private String compared(String rows) {
        var keys = IntStream.range(0, primaryKey.size())
                .mapToObj(i -> quoted(primaryKey.get(i)) + " as k" + i)
                .collect(Collectors.joining(", "));
        var columns = change.columns().stream().map(TriggerSql::quoted).collect(Collectors.joining(", "));
        return "select " + keys + ", row(" + columns + ") as c, " + object() + " as v from " + rows;
    }

    /** The text of JSON, without line breaks: equal numbers of it may be written differently, and so they stay. */
    private String object() {
        return change.with().entrySet().stream()
                .map(value -> literal(value.getKey()) + ", (" + value.getValue() + "\n)")
                .collect(Collectors.joining(", ", "jsonb_build_object(", ")::text"));
    }
}
