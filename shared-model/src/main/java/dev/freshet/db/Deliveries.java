package dev.freshet.db;

import dev.freshet.db.Delivery.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * The ledger: what became of each accepted delivery. Every call is one statement; calls through Jdbi throw
 * {@link org.jdbi.v3.core.JdbiException} when the database is away.
 */
public final class Deliveries {
    /** Most rows that one call of {@link #prune} deletes, so that no statement takes long. */
    public static final int PRUNED_AT_ONCE = 5_000;

    private static final int MAX_OUTCOME = 1_000;
    /** Tries of a statement that met a deadlock, with whoever writes the same rows in another order. */
    private static final int MAX_TRIES = 3;

    private static final int SPILLED_AT_ONCE = 100;

    /**
     * A row gives way only to news: a first try, a delivery received again, a later try, or a later state of the same try.
     * So a worker that comes late, with its lease long lost, cannot turn back what another has finished. The body of a
     * spilled delivery goes when it is done. Before that whoever tries it has it from the queue, but it may be spilled because
     * too few replicas have it there; that is for the drainer to find out. The queue may have received it before the row was
     * spilled, when its answer was lost.
     */
    private static final String RECORD = """
            on conflict (id) do update
               set site = excluded.site, topic = excluded.topic, state = excluded.state, outcome = excluded.outcome,
                   attempts = excluded.attempts, received = excluded.received, applied = excluded.applied,
                   fresh = excluded.fresh, changed = now(),
                   job = case when excluded.state = 'done' then null else d.job end
             where d.state in ('spilled', 'queued')
                or (excluded.received, excluded.attempts, array_position(STATES, excluded.state))
                   > (d.received, d.attempts, array_position(STATES, d.state))""".replace("STATES", "'{spilled,queued,retry,dead,done,discarded}'::text[]");

    /** What is known to be further stays. */
    private static final String REPLAYED =
            "on conflict (id) do update set state = excluded.state, changed = now() where d.state = 'dead'";

    /** One that a worker came to after all stays done. */
    private static final String GIVEN_UP =
            "on conflict (id) do update set state = excluded.state, job = null, changed = now() where d.state <> 'done'";

    private static final String INSERT = """
            insert into freshet.deliveries as d (id, site, topic, state, outcome, attempts, received, applied, fresh)
            select * from unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int[], ?::timestamptz[],
                                 ?::timestamptz[], ?::timestamptz[])
            """;

    private static final String COLUMNS =
            "select id, site, topic, state, outcome, attempts, received, applied, fresh from freshet.deliveries";

    private final Database database;

    public Deliveries(Database database) {
        this.database = database;
    }

    /**
     * Which deliveries are meant. Empty means any.
     *
     * @param id what the id contains
     * @param outcome what the outcome contains
     * @param since received at this time or later
     * @param until received before this time
     */
    public record Filter(
            Optional<String> id,
            Optional<String> site,
            Optional<String> topic,
            Optional<State> state,
            Optional<String> outcome,
            Optional<Instant> since,
            Optional<Instant> until) {

        /** All of them. */
        public static Filter all() {
            return new Filter(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }
    }

    /** Writes down how far deliveries are, in one statement. What is known to be further stays as it is. */
    public void record(Collection<Delivery> deliveries) throws SQLException {
        write(deliveries, RECORD);
    }

    /** Notes that these are no dead letters any more but on their way back. What is known to be further stays. */
    public void replayed(Collection<Delivery> letters) throws SQLException {
        write(letters, REPLAYED);
    }

    /** Notes that these were dead letters and are given up. One that a worker came to after all stays done. */
    public void givenUp(Collection<Delivery> letters) throws SQLException {
        write(letters, GIVEN_UP);
    }

    private void write(Collection<Delivery> deliveries, String conflict) throws SQLException {
        if (deliveries.isEmpty()) {
            return;
        }
        // by id: one row cannot be written twice, and two workers that write the same rows do not block each other
        var rows = new TreeMap<String, Delivery>();
        deliveries.forEach(delivery -> rows.put(delivery.id(), delivery));
        for (int tries = 1; ; tries++) {
            try {
                insert(rows.values(), conflict);
                return;
            } catch (SQLException e) {
                if (tries == MAX_TRIES || !String.valueOf(e.getSQLState()).startsWith("40")) {
                    throw e;
                }
            }
        }
    }

    private void insert(Collection<Delivery> rows, String conflict) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.prepareStatement(INSERT + conflict)) {
            var columns = new Columns(connection, statement, rows);
            columns.set("text", Delivery::id);
            columns.set("text", Delivery::site);
            columns.set("text", Delivery::topic);
            columns.set("text", delivery -> delivery.state().word());
            columns.set("text", delivery -> shortened(delivery.outcome()));
            columns.set("int4", Delivery::attempts);
            columns.set("timestamptz", Delivery::received);
            columns.set("timestamptz", delivery -> delivery.applied().orElse(null));
            columns.set("timestamptz", delivery -> delivery.fresh().orElse(null));
            statement.executeUpdate();
        }
    }

    /** Empty when nothing was recorded of it, or no more. */
    public Optional<Delivery> find(String id) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(COLUMNS + " where id = :id")
                        .bind("id", id)
                        .map(Deliveries::delivery)
                        .findOne());
    }

    /**
     * The deliveries that match, the last received first.
     *
     * @param offset how many of them to leave out
     * @param limit how many to return at most
     */
    public List<Delivery> list(Filter filter, int offset, int limit) {
        var sql = COLUMNS + " where true"
                + filter.id().map(id -> " and position(:id in id) > 0").orElse("")
                + filter.site().map(site -> " and site = :site").orElse("")
                + filter.topic().map(topic -> " and topic = :topic").orElse("")
                + filter.state().map(state -> " and state = :state").orElse("")
                + filter.outcome()
                        .map(text -> " and position(:outcome in outcome) > 0")
                        .orElse("")
                + filter.since().map(since -> " and received >= :since").orElse("")
                + filter.until().map(until -> " and received < :until").orElse("")
                + " order by received desc, id desc limit :limit offset :offset";
        return database.jdbi().withHandle(handle -> {
            var query = handle.createQuery(sql).bind("limit", limit).bind("offset", offset);
            filter.id().ifPresent(id -> query.bind("id", id));
            filter.site().ifPresent(site -> query.bind("site", site));
            filter.topic().ifPresent(topic -> query.bind("topic", topic));
            filter.state().ifPresent(state -> query.bind("state", state.word()));
            filter.outcome().ifPresent(text -> query.bind("outcome", text));
            filter.since().ifPresent(since -> query.bind("since", since));
            filter.until().ifPresent(until -> query.bind("until", until));
            return query.map(Deliveries::delivery).list();
        });
    }

    /**
     * Deletes rows that have not changed for longer than this, except spilled deliveries: all else stands in the queue or
     * is done, so that nothing is lost with its row. To be called until it returns less than {@value #PRUNED_AT_ONCE};
     * several processes may do so at once.
     *
     * @return how many were deleted
     */
    public int prune(Duration keep) {
        return database.jdbi()
                .withHandle(handle -> handle.createUpdate("""
                        delete from freshet.deliveries where id in (
                          select id from freshet.deliveries
                           where job is null and changed < now() - :ms * interval '1 millisecond'
                           order by changed limit :limit for update skip locked)""")
                        .bind("ms", keep.toMillis())
                        .bind("limit", PRUNED_AT_ONCE)
                        .execute());
    }

    /** Gives the jobs that are spilled to somebody, each with its id, as they are stored. */
    public void eachSpilled(BiConsumer<String, byte[]> reader) {
        for (var page = spilled("");
                !page.isEmpty();
                page = spilled(page.getLast().getKey())) {
            page.forEach(row -> reader.accept(row.getKey(), row.getValue()));
        }
    }

    private List<Map.Entry<String, byte[]>> spilled(String after) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("""
                        select id, job from freshet.deliveries
                         where job is not null and id > :after order by id limit :limit""")
                        .bind("after", after)
                        .bind("limit", SPILLED_AT_ONCE)
                        .map((row, context) -> Map.entry(row.getString(1), row.getBytes(2)))
                        .list());
    }

    /**
     * Gives spilled deliveries up: they are not applied.
     *
     * @return how many of them were still spilled
     */
    public int discard(Collection<String> ids) {
        return database.jdbi()
                .withHandle(handle -> handle.createUpdate("""
                        update freshet.deliveries set state = 'discarded', job = null, changed = now()
                         where id = any(:ids) and job is not null""")
                        .bindArray("ids", String.class, ids)
                        .execute());
    }

    /** What a row says of itself in words: its id, and its outcome. */
    public record Words(String id, String outcome) {}

    /**
     * The rows that have this text in their id or in what they failed with, in capitals or not; and those that may have
     * it there percent-encoded.
     */
    public List<Words> naming(String text) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("""
                        select id, outcome from freshet.deliveries
                         where position(lower(:text) in lower(outcome)) > 0 or position(lower(:text) in lower(id)) > 0
                            or position('%' in outcome) > 0 or position('%' in id) > 0""")
                        .bind("text", text)
                        .map((row, context) -> new Words(row.getString(1), row.getString(2)))
                        .list());
    }

    /**
     * Blanks what these failed with.
     *
     * @param gone ids of those whose rows are deleted; except what is spilled
     */
    public void forget(Collection<String> ids, Collection<String> gone) {
        database.jdbi().useHandle(handle -> {
            handle.createUpdate("update freshet.deliveries set outcome = '' where id = any(:ids)")
                    .bindArray("ids", String.class, ids)
                    .execute();
            handle.createUpdate("delete from freshet.deliveries where id = any(:ids) and job is null")
                    .bindArray("ids", String.class, gone)
                    .execute();
        });
    }

    private static Delivery delivery(ResultSet row, StatementContext context) throws SQLException {
        return new Delivery(
                row.getString("id"),
                row.getString("site"),
                row.getString("topic"),
                State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getString("outcome"),
                row.getInt("attempts"),
                row.getObject("received", OffsetDateTime.class).toInstant(),
                instant(row, "applied"),
                instant(row, "fresh"));
    }

    private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    private static String shortened(String outcome) {
        return outcome.length() > MAX_OUTCOME ? outcome.substring(0, MAX_OUTCOME) + "…" : outcome;
    }

    /** Sets one array after the other. */
    private static final class Columns {
        private final Connection connection;
        private final PreparedStatement statement;
        private final Collection<Delivery> rows;
        private int set;

        Columns(Connection connection, PreparedStatement statement, Collection<Delivery> rows) {
            this.connection = connection;
            this.statement = statement;
            this.rows = rows;
        }

        void set(String type, Function<Delivery, @Nullable Object> column) throws SQLException {
            var values = rows.stream().map(column).map(Columns::storable).toArray();
            statement.setArray(++set, connection.createArrayOf(type, values));
        }

        /** PostgreSQL's texts hold no NUL, which somebody may have sent in. */
        private static @Nullable Object storable(@Nullable Object value) {
            return switch (value) {
                case null -> null;
                case String text -> text.replace('\0', '\ufffd');
                default -> value;
            };
        }
    }
}
