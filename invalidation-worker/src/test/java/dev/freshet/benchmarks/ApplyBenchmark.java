package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Job;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.worker.run.Applying;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * Deliveries of enrollments, applied newest wins as a worker does: from the bodies as they were sent until all of them
 * stand in PostgreSQL, batch after batch, by one lane. Against the same rows by plain upserts of 500 rows each; the limit is
 * what the same upserts come to that keep the version of each row too, and that read the rows from the same bodies.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class ApplyBenchmark {
    private static final int ENROLLMENTS = 10_000;
    private static final int EACH = 2;
    private static final int BATCH = 500;
    private static final int WARM_UP = 3;
    private static final int ROUNDS = 9;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");
    private static final Instant STARTED = Instant.parse("2018-01-26T22:17:01.891Z");
    private static final ObjectReader BODIES = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build()
            .readerFor(Sent.class);
    private static final String COLUMNS =
            "(id, user_email, course_id, course_name, percentage_completed, free_trial, started_at, completed_at)";
    private static final String UPSERT = """
             on conflict (id) do update set
              user_email = excluded.user_email, course_id = excluded.course_id, course_name = excluded.course_name,
              percentage_completed = excluded.percentage_completed, free_trial = excluded.free_trial,
              started_at = excluded.started_at, completed_at = excluded.completed_at""";
    private static final String TABLE = """
            create table %s (id bigint primary key, user_email text, course_id bigint, course_name text,
              percentage_completed numeric(5, 4), free_trial boolean, started_at timestamptz, completed_at timestamptz);
            create index on %1$s (user_email);
            create index on %1$s (course_id);""";
    private static final String VERSIONS = "create table versions (id text primary key, at timestamptz not null)";
    private static final String NEWEST =
            " on conflict (id) do update set at = excluded.at where versions.at <= excluded.at";
    private static final String CATALOG =
            """
            application: school
            sites:
              main: { scheme: thinkific, secrets: secret }
            views:
              user:
                key: user:{email}
                params: { email: { type: text, maxLength: 254 } }
                sql: select id from ours where user_email = :email order by id
                tags: [ "user:{email}" ]
                ttl: 5m
            events:
              enrollment.created, enrollment.progress:
                from: main
                with:
                  at: /created_at
                  id: /payload/id
                  email: /payload/user/email
                  courseId: /payload/course_id
                  courseName: /payload/course/name
                  percentage: /payload/percentage_completed
                  freeTrial: /payload/free_trial
                  startedAt: /payload/started_at
                  completedAt: /payload/completed_at?
                identity: enrollment:{id}
                version: at
                apply: |
                  insert into ours %s
                  values (:id, :email, :courseId, :courseName, :percentage, :freeTrial, :startedAt, :completedAt)
                  %s
                tags: [ "user:{email}" ]
            """.formatted(COLUMNS, UPSERT.replace("\n", "\n      ").strip());

    /** What one delivery says, as values for a statement. */
    private record Row(
            long id,
            String email,
            long courseId,
            String courseName,
            BigDecimal percentage,
            boolean freeTrial,
            Instant startedAt,
            Instant at) {

        static Row of(long id, int number) {
            return new Row(
                    id,
                    "learner" + id + "@example.com",
                    4,
                    "Sample Course",
                    BigDecimal.valueOf(number, 1),
                    false,
                    STARTED,
                    START.plusSeconds(number));
        }

        /** The least that can be done with a body: what else it says is passed over. */
        static Row of(Job job) {
            try {
                var sent = BODIES.<Sent>readValue(job.body());
                var what = sent.payload;
                return new Row(
                        what.id,
                        what.user.email,
                        what.courseId,
                        what.course.name,
                        what.percentage,
                        what.freeTrial,
                        Instant.parse(what.startedAt),
                        Instant.parse(sent.at));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Job job(String sample) {
            var body = sample.replace("97472", Long.toString(id))
                    .replace("ada.sample@example.com", email)
                    .replace("2018-01-26T22:17:01.924Z", at.toString())
                    .replace("\"0.0\"", "\"" + percentage + "\"");
            var job = Job.id("main", "enrollment.created", id + "-" + at.getEpochSecond());
            return Job.first(job, "main", "enrollment.created", at, false, "trace", body.getBytes(UTF_8));
        }
    }

    private record Sent(@JsonProperty("created_at") String at, Payload payload) {}

    private record Payload(
            long id,
            User user,
            @JsonProperty("course_id") long courseId,
            Course course,
            @JsonProperty("percentage_completed") BigDecimal percentage,
            @JsonProperty("free_trial") boolean freeTrial,
            @JsonProperty("started_at") String startedAt) {}

    private record User(String email) {}

    private record Course(String name) {}

    private final Database database;
    private final Connection plain;
    private final Applying applying;
    private final List<Row> rows;
    private final List<Job> jobs;

    private ApplyBenchmark(Database database, Connection plain, Applying applying) throws IOException {
        this.database = database;
        this.plain = plain;
        this.applying = applying;
        this.rows = rows();
        try (var sample = ApplyBenchmark.class.getResourceAsStream("/samples/thinkific/enrollment.created.json")) {
            var text = new String(Objects.requireNonNull(sample).readAllBytes(), UTF_8)
                    .replaceAll("\\n\\s*", ""); // as it is sent
            this.jobs = rows.stream().map(row -> row.job(text)).toList();
        }
    }

    static boolean run() throws Exception {
        var file = Files.createTempFile("freshet-catalog-", ".yaml");
        try (var postgres = EmbeddedDatabase.start(0);
                var database = new Database(postgres.url(), DatabaseOptions.DEFAULTS.withPoolSize(4));
                var plain = database.connection()) {
            Files.writeString(file, CATALOG);
            database.migrate();
            try (var statement = plain.createStatement()) {
                statement.execute(TABLE.formatted("ours") + TABLE.formatted("plain") + VERSIONS);
            }
            var applying = new Applying(CatalogReader.read(file.toString(), Map.of()), database);
            return new ApplyBenchmark(database, plain, applying).compare();
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private boolean compare() throws SQLException {
        var comparison = Comparison.ofRates("apply", "deliveries/s");
        var limits = new ArrayList<Double>();
        var parsingLimits = new ArrayList<Double>();
        long lost = 0;
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            clean();
            double our = round % 2 == 0 ? ours() : 0;
            double reference = upserts(this::sent, false);
            our = our > 0 ? our : ours();
            lost += different();
            clean();
            double versioned = upserts(this::sent, true);
            clean();
            double parsed = upserts(this::read, true);
            if (round >= 0) {
                comparison.add(our, reference);
                limits.add(versioned / reference);
                parsingLimits.add(parsed / reference);
                System.out.printf(
                        Locale.ROOT,
                        "  ours %,.0f/s; plain upserts %,.0f/s; with their versions %,.0f/s, from bodies %,.0f/s%n",
                        our,
                        reference,
                        versioned,
                        parsed);
            }
        }
        return comparison
                .with("deliveries", Integer.toString(jobs.size()))
                .with("limit", "%.3f".formatted(Comparison.median(limits)))
                .with("limit_parsing", "%.3f".formatted(Comparison.median(parsingLimits)))
                .with("body_bytes", Integer.toString(jobs.getFirst().body().length))
                .print("at least 0.5", comparison.ratio() >= 0.5, lost);
    }

    private double ours() {
        long start = System.nanoTime();
        int applied = 0;
        for (int from = 0; from < jobs.size(); from += BATCH) {
            applied += applying.apply(jobs.subList(from, from + BATCH));
        }
        double perSecond = perSecond(start);
        if (applied != jobs.size()) {
            throw new IllegalStateException("applied " + applied + " of " + jobs.size());
        }
        return perSecond;
    }

    /** What is said, with nothing to be done for it. */
    private List<Row> sent(int from) {
        return rows.subList(from, from + BATCH);
    }

    private List<Row> read(int from) {
        return jobs.subList(from, from + BATCH).stream().map(Row::of).toList();
    }

    /**
     * @param batches from the number of its first row
     * @param versioned whether a version for each row is written as well, newest wins, in the same transaction
     */
    private double upserts(IntFunction<List<Row>> batches, boolean versioned) throws SQLException {
        long start = System.nanoTime();
        plain.setAutoCommit(!versioned);
        try (var upsert = plain.prepareStatement(
                        "insert into plain " + COLUMNS + " values " + places("(?, ?, ?, ?, ?, ?, ?, ?)") + UPSERT);
                var raise = plain.prepareStatement("insert into versions values " + places("(?, ?)") + NEWEST)) {
            for (int from = 0; from < rows.size(); from += BATCH) {
                var batch = batches.apply(from);
                if (versioned) {
                    raise(raise, batch);
                }
                upsert(upsert, batch);
                if (versioned) {
                    plain.commit();
                }
            }
        } finally {
            plain.setAutoCommit(true);
        }
        return perSecond(start);
    }

    private static void raise(PreparedStatement statement, List<Row> batch) throws SQLException {
        int at = 1;
        for (var row : batch) {
            statement.setString(at++, "enrollment:" + row.id);
            statement.setObject(at++, row.at.atOffset(ZoneOffset.UTC));
        }
        statement.executeUpdate();
    }

    private static void upsert(PreparedStatement statement, List<Row> batch) throws SQLException {
        int at = 1;
        for (var row : batch) {
            statement.setLong(at++, row.id);
            statement.setString(at++, row.email);
            statement.setLong(at++, row.courseId);
            statement.setString(at++, row.courseName);
            statement.setBigDecimal(at++, row.percentage);
            statement.setBoolean(at++, row.freeTrial);
            statement.setObject(at++, row.startedAt.atOffset(ZoneOffset.UTC));
            statement.setNull(at++, Types.TIMESTAMP_WITH_TIMEZONE);
        }
        statement.executeUpdate();
    }

    private static String places(String row) {
        return String.join(", ", Collections.nCopies(BATCH, row));
    }

    private void clean() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute("truncate ours, plain, versions, freshet.versions");
        }
    }

    private long different() throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement();
                var found = statement.executeQuery("select " + ENROLLMENTS
                        + " - count(*) from ours join plain using (id) where to_jsonb(ours) = to_jsonb(plain)")) {
            found.next();
            return found.getLong(1);
        }
    }

    private double perSecond(long start) {
        return jobs.size() / ((System.nanoTime() - start) / 1e9);
    }

    /** Each enrollment once, then each once more, as they come: in any order. */
    private static List<Row> rows() {
        var random = new Random(1);
        var rows = new ArrayList<Row>();
        for (int number = 0; number < EACH; number++) {
            var some = new ArrayList<Row>();
            for (int id = 1; id <= ENROLLMENTS; id++) {
                some.add(Row.of(100_000 + id, number));
            }
            Collections.shuffle(some, random);
            rows.addAll(some);
        }
        return rows;
    }
}
