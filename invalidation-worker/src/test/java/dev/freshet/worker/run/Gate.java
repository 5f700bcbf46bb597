package dev.freshet.worker.run;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Holds up transactions where they write certain members: a moment for faults that is certain. */
final class Gate implements AutoCloseable {
    private final Connection holder;

    Gate(Club club, String members) {
        club.execute("""
                create function gate() returns trigger language plpgsql as $$
                begin perform pg_advisory_xact_lock_shared(7); return new; end $$;
                create trigger gate before insert or update on members for each row when (%s)
                execute function gate()""".formatted(members));
        try {
            holder = club.admin.connection();
            execute("select pg_advisory_lock(7)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The server's processes that wait here. */
    List<Integer> waiting() {
        return numbers("select pid from pg_locks where locktype = 'advisory' and objid = 7 and not granted"
                + " and database = (select oid from pg_database where datname = current_database())");
    }

    /** Whether a process of the server still works for a client. */
    boolean lives(int pid) {
        return !numbers("select pid from pg_stat_activity where pid = " + pid).isEmpty();
    }

    void open() {
        execute("select pg_advisory_unlock_all()");
    }

    @Override
    public void close() {
        try (holder) {
            open();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Integer> numbers(String sql) {
        var numbers = new ArrayList<Integer>();
        try (var statement = holder.createStatement();
                var rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                numbers.add(rows.getInt(1));
            }
            return numbers;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void execute(String sql) {
        try (var statement = holder.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
