package dev.freshet.db;

import dev.freshet.model.Job;
import dev.freshet.queue.JobCodec;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Where deliveries wait in PostgreSQL while the queue's Redis is away: rows of {@code freshet.deliveries} that have a
 * job. They go back into the queue in the order of their place. The queue may have them already, on too few replicas: then a
 * worker tries one while it waits here, and it waits here until it is done or the queue has it for certain. An id is one
 * delivery for good: it is new once, and a row that is done or discarded stays as it is.
 */
public final class Spill {
    /** How many rows are drained together. */
    public static final int MAX_PAGE = 500;

    /** A page ends after so many bytes. */
    private static final long ENOUGH_BYTES = 16L << 20;

    /** A server or role may be set to answer before a commit is on disk; not here. */
    private static final String DURABLE = """
            select set_config('synchronous_commit', 'on', true)
             where current_setting('synchronous_commit') = 'off'""";

    private static final String STORE = """
            insert into freshet.deliveries as d (id, site, topic, state, attempts, received, job)
            select id, site, topic, 'spilled', attempts, received, job
              from unnest(?::text[], ?::text[], ?::text[], ?::int[], ?::timestamptz[], ?::bytea[])
                     with ordinality as came (id, site, topic, attempts, received, job, nth)
             order by nth
            on conflict (id) do update set job = excluded.job
             where d.job is null and d.state in ('queued', 'retry', 'dead')
            returning id, state""";
    private static final String DEPTH = """
            select count(*), coalesce(sum(octet_length(job)), 0), current_setting('transaction_read_only')::bool,
                   has_table_privilege('freshet.deliveries', 'insert')
                     and has_column_privilege('freshet.deliveries', 'job', 'update')
              from freshet.deliveries where job is not null""";
    private static final String PATIENT = "set local statement_timeout = '10s'";
    private static final String ANY = "select exists (select from freshet.deliveries where job is not null)";
    /** Of the whole fleet one process drains at a time; ended with the transaction, so that no pooler is in its way. */
    private static final String ALONE = "select pg_try_advisory_xact_lock(hashtext('freshet.spill'), 0)";

    private static final String PAGE = """
            select place, id, job from (
              select place, id, job, sum(octet_length(job)) over (order by place) - octet_length(job) as before
                from (select place, id, job from freshet.deliveries
                       where job is not null and place > ? order by place limit ?) page
            ) measured where before < ? order by place""";
    /** A row that somebody else holds is being settled by a worker, which clears it. */
    private static final String QUEUED = """
            update freshet.deliveries
               set state = case state when 'spilled' then 'queued' else state end, job = null, changed = now()
             where id in (select id from freshet.deliveries where place = any (?) and job is not null
                             for update skip locked)""";

    private final Database database;

    public Spill(Database database) {
        this.database = database;
    }

    /** How much waits. */
    public record Depth(long deliveries, long bytes) {}

    /** A delivery that waits, as it is stored. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Row(long place, String id, byte[] job) {}

    /**
     * A page of rows that was looked at.
     *
     * @param last the place of its last one
     * @param queued how many are in the queue now
     */
    public record Page(long last, int rows, int queued) {}

    /** What puts rows into the queue. */
    @FunctionalInterface
    public interface Draining {
        /** @return those that are in the queue for certain; the others stay */
        List<Row> enqueue(List<Row> rows);
    }

    /**
     * Stores jobs in one statement, durable when it returns. One that was tried before and is not done is stored with its
     * row: what the queue has forgotten since is done after all, and what it knows is a duplicate there.
     *
     * @return the ids of those that were not known before
     */
    public Set<String> store(List<Job> jobs) throws SQLException {
        return database.inTransaction(connection -> {
            try (var durable = connection.createStatement()) {
                durable.execute(DURABLE);
            }
            return insert(connection, jobs);
        });
    }

    /**
     * Counts what waits; with a million of them this takes a moment.
     *
     * @throws SQLException also when nothing could be stored, for want of the table, the right to write it, or a server
     *     that takes writes
     */
    public Depth depth() throws SQLException {
        return database.inTransaction(connection -> {
            try (var statement = connection.createStatement()) {
                statement.execute(PATIENT);
                try (var row = statement.executeQuery(DEPTH)) {
                    row.next();
                    if (row.getBoolean(3)) {
                        throw new SQLException("the server is read-only", "25006");
                    }
                    if (!row.getBoolean(4)) {
                        throw new SQLException(
                                "no right to insert into freshet.deliveries, or to update its job", "42501");
                    }
                    return new Depth(row.getLong(1), row.getLong(2));
                }
            }
        });
    }

    /** Whether anything waits. */
    public boolean isEmpty() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var row = statement.executeQuery(ANY)) {
            row.next();
            return !row.getBoolean(1);
        }
    }

    /**
     * Lets a page of rows go into the queue and notes which of them are there. Nothing is locked meanwhile but the right
     * to drain. When the process dies after the queue has them, they are drained again and are duplicates there.
     *
     * @param after the place behind which it begins; 0 for the first row
     * @return empty when another process drains
     */
    public Optional<Page> drain(long after, Draining draining) throws SQLException {
        return database.inTransaction(connection -> {
            if (!isAlone(connection)) {
                return Optional.empty();
            }
            var rows = page(connection, after);
            if (rows.isEmpty()) {
                return Optional.of(new Page(after, 0, 0));
            }
            var queued = draining.enqueue(rows);
            markQueued(connection, queued);
            return Optional.of(new Page(rows.getLast().place(), rows.size(), queued.size()));
        });
    }

    private static Set<String> insert(Connection connection, List<Job> offered) throws SQLException {
        var byId = new LinkedHashMap<String, Job>(); // one statement changes no row twice
        offered.forEach(job -> byId.putIfAbsent(job.id(), job));
        var jobs = List.copyOf(byId.values());
        try (var statement = connection.prepareStatement(STORE)) {
            statement.setArray(1, array(connection, "text", jobs, Job::id));
            statement.setArray(2, array(connection, "text", jobs, Job::site));
            statement.setArray(3, array(connection, "text", jobs, Job::topic));
            statement.setArray(
                    4, array(connection, "int", jobs, job -> job.attempts().size()));
            statement.setArray(
                    5, array(connection, "text", jobs, job -> job.receivedAt().toString()));
            var bodies = jobs.stream().map(JobCodec::encode).toArray(byte[][]::new);
            statement.setArray(6, connection.createArrayOf("bytea", bodies));
            try (var ids = statement.executeQuery()) {
                var stored = new HashSet<String>();
                while (ids.next()) {
                    if (ids.getString(2).equals("spilled")) {
                        stored.add(ids.getString(1));
                    }
                }
                return stored;
            }
        }
    }

    private static Array array(Connection connection, String type, List<Job> jobs, Function<Job, Object> column)
            throws SQLException {
        return connection.createArrayOf(type, jobs.stream().map(column).toArray());
    }

    private static boolean isAlone(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(ALONE)) {
            return row.next() && row.getBoolean(1);
        }
    }

    private static List<Row> page(Connection connection, long after) throws SQLException {
        try (var statement = connection.prepareStatement(PAGE)) {
            statement.setLong(1, after);
            statement.setInt(2, MAX_PAGE);
            statement.setLong(3, ENOUGH_BYTES);
            try (var result = statement.executeQuery()) {
                var rows = new ArrayList<Row>();
                while (result.next()) {
                    rows.add(new Row(result.getLong(1), result.getString(2), result.getBytes(3)));
                }
                return rows;
            }
        }
    }

    private static void markQueued(Connection connection, List<Row> queued) throws SQLException {
        try (var statement = connection.prepareStatement(QUEUED)) {
            var places = queued.stream().map(Row::place).toArray();
            statement.setArray(1, connection.createArrayOf("bigint", places));
            statement.executeUpdate();
        }
    }
}
