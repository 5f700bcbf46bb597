package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Job;
import dev.freshet.testing.EmbeddedDatabase;
import dev.freshet.worker.run.Applying;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Deliveries of enrollments, applied newest wins as a worker does: from the bodies as they were sent until all of them
 * stand in PostgreSQL, batch after batch, by one lane. Against the same rows by plain upserts of 500 rows each; the limit is
 * what the same upserts come to that keep the version of each row too.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class ApplyBenchmark {
    private static final int ENROLLMENTS = 10_000;
    private static final int EACH = 2;
    private static final int BATCH = 500;
    private static final int WARM_UP = 3;
    private static final int ROUNDS = 9;
    private static final Instant START = Instant.parse("2026-02-01T10:00:00Z");
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

    /** What one delivery says, as text in its body and as values for a statement. */
    private record Row(long id, int number) {
        String email() {
            return "learner" + id + "@example.com";
        }

        BigDecimal percentage() {
            return BigDecimal.valueOf(number, 1);
        }

        Job job(String sample) {
            var at = START.plusSeconds(number);
            var body = sample.replace("97472", Long.toString(id))
                    .replace("ada.sample@example.com", email())
                    .replace("2018-01-26T22:17:01.924Z", at.toString())
                    .replace("\"0.0\"", "\"" + percentage() + "\"");
            var job = Job.id("main", "enrollment.created", id + "-" + number);
            return Job.first(job, "main", "enrollment.created", at, false, "trace", body.getBytes(UTF_8));
        }
    }

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
        long lost = 0;
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            clean();
            double our = round % 2 == 0 ? ours() : 0;
            double reference = upserts(false);
            our = our > 0 ? our : ours();
            lost += different();
            clean();
            double versioned = upserts(true);
            if (round >= 0) {
                comparison.add(our, reference);
                limits.add(versioned / reference);
                System.out.printf(
                        Locale.ROOT,
                        "  ours %,.0f/s; plain upserts %,.0f/s; with their versions %,.0f/s%n",
                        our,
                        reference,
                        versioned);
            }
        }
        return comparison
                .with("deliveries", Integer.toString(jobs.size()))
                .with("limit", "%.3f".formatted(Comparison.median(limits)))
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

    /** @param versioned whether a version for each row is written as well, newest wins, in the same transaction */
    private double upserts(boolean versioned) throws SQLException {
        long start = System.nanoTime();
        plain.setAutoCommit(!versioned);
        try (var upsert = plain.prepareStatement(
                        "insert into plain " + COLUMNS + " values " + places("(?, ?, ?, ?, ?, ?, ?, ?)") + UPSERT);
                var raise = plain.prepareStatement("insert into versions values " + places("(?, ?)") + NEWEST)) {
            for (int from = 0; from < rows.size(); from += BATCH) {
                var batch = rows.subList(from, from + BATCH);
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
            statement.setObject(at++, START.plusSeconds(row.number).atOffset(ZoneOffset.UTC));
        }
        statement.executeUpdate();
    }

    private static void upsert(PreparedStatement statement, List<Row> batch) throws SQLException {
        var started = OffsetDateTime.of(2018, 1, 26, 22, 17, 1, 891_000_000, ZoneOffset.UTC);
        int at = 1;
        for (var row : batch) {
            statement.setLong(at++, row.id);
            statement.setString(at++, row.email());
            statement.setLong(at++, 4);
            statement.setString(at++, "Sample Course");
            statement.setBigDecimal(at++, row.percentage());
            statement.setBoolean(at++, false);
            statement.setObject(at++, started);
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
                some.add(new Row(100_000 + id, number));
            }
            Collections.shuffle(some, random);
            rows.addAll(some);
        }
        return rows;
    }
}
