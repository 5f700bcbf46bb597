package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.DeadBodies;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.Overflow;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about dead letters, with a catalog and a database. */
class DlqCommandsIT {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CATALOG = """
            application: club
            sites:
              main: { scheme: thinkific, secrets: secret }
            events:
              member.saved:
                with: { id: /id, cohort: /cohort, at: /at }
                identity: member:{id}
                version: at
                apply: insert into members (id, cohort_id) values (:id, :cohort)
                lookup: select cohort_id as "cohortId" from members where id = :id
                tags: [ members, "cohort:{cohortId}" ]
                paths: [ "/cohort/{cohortId}" ]
            """;

    @TempDir
    Path directory = Path.of("");

    private final TestServices services = TestServices.shared();
    private final String prefix = services.newPrefix();
    private final Map<String, String> environment = new HashMap<>();
    private RedisServer server;
    private JobQueue queue;
    private Database database;

    @BeforeEach
    void open() throws IOException {
        server = new RedisServer("queue", services.redisUrl(), Duration.ofSeconds(5));
        queue = new JobQueue(server, QueueOptions.defaults(prefix));
        var databaseUrl = services.newDatabase();
        database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
        database.migrate();
        execute("create table members (id bigint primary key, cohort_id int not null)");
        environment.put("REDIS_URL", services.redisUrl().toString());
        environment.put("REDIS_KEY_PREFIX", prefix);
        environment.put("DATABASE_URL", databaseUrl.toString());
        environment.put(
                "CATALOG",
                Files.writeString(directory.resolve("club.yaml"), CATALOG).toString());
    }

    @AfterEach
    void close() {
        database.close();
        server.close();
    }

    @Test
    void everyCommandTakesTheSameFilters() {
        var ids = List.of(bury(1, "boom"), bury(2, "boom"), bury(3, "bang"));
        var filters = List.of("--id", "*:1", "--id", ids.get(1), "--topic", "member.saved", "--site", "main");
        var more = List.of("--error", "boom", "--since", "1h", "--older-than", "2999-01-01");
        var all = new ArrayList<>(filters);
        all.addAll(more);

        assertThat(run(all, "dlq", "list").out())
                .contains(ids.get(0), ids.get(1))
                .doesNotContain(ids.get(2));
        assertThat(run(all, "dlq", "export").out().lines()).hasSize(2);
        assertThat(run(all, "dlq", "discard", "--all", "--dry-run").out()).isEqualTo("would discard 2 dead letters\n");
        assertThat(run(all, "dlq", "replay", "--all", "--dry-run").out()).startsWith("would replay 2 dead letters\n");
        assertThat(run(all, "dlq", "replay", "--all").out()).isEqualTo("replayed 2 dead letters\n");
        assertThat(run("dlq", "list", "--older-than", "1h").out()).isEqualTo("no dead letter matches\n");
        assertThat(run("dlq", "list", "--since", "lately").err()).contains("a time is such as 90s");
        assertThat(queue.status().dead()).isEqualTo(1);
        assertThat(queue.status().missing()).isZero();
    }

    @Test
    void aDryRunSaysWhatItWouldTouchAndTouchesNothing() {
        bury(1, "boom");
        bury(2, "boom");
        bury(3, "bang");
        buryBody("4", "member.saved", "{}", "no id");
        buryBody("5", "coupon.created", "{}", "boom");
        execute("insert into members values (1, 7), (2, 8), (3, 8)");
        execute("insert into freshet.versions (identity, version) values ('club/member:1', 9223372036854775807)");

        var text = run("dlq", "replay", "--all", "--dry-run").out();
        assertThat(text.lines())
                .contains(
                        "would replay 5 dead letters",
                        "  by topic: member.saved 4, coupon.created 1",
                        "  by error: apply: boom 3, apply: bang 1, apply: no id 1",
                        "  tags to invalidate: up to 3: cohort:7, cohort:8, members",
                        "  paths to invalidate: up to 2: /cohort/7, /cohort/8",
                        "  1 would be overtaken by newer versions: only what depends on them is invalidated",
                        "  1 cannot be read, and would come back",
                        "  1 would change nothing: the catalog says nothing about their topics");
        var touches =
                run("dlq", "replay", "--all", "--dry-run", "--json").json().path("touches");
        assertThat(touches.path("tags")).hasSize(3);
        assertThat(touches.path("overtaken").asInt()).isEqualTo(1);
        assertThat(queue.status().dead()).isEqualTo(5);
        assertThat(queue.status().replay()).isZero();

        environment.remove("DATABASE_URL");
        assertThat(run("dlq", "replay", "--all", "--dry-run").out())
                .contains("tags to invalidate: up to 1: members", "DATABASE_URL is not set")
                .doesNotContain("overtaken by");
    }

    @ParameterizedTest
    @ValueSource(strings = {"50", "50/s", "10/m", "600/h"})
    void ratesAreTakenAsTheyAreSpoken(String rate) {
        bury(1, "boom");
        assertThat(run("dlq", "replay", "--all", "--rate", rate).code()).isZero();
        assertThat(queue.status().replay()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "fast", "5/d", "0/s"})
    void ratesThatAreNoneAreRefused(String rate) {
        bury(1, "boom");
        var refused = run("dlq", "replay", "--all", "--rate=" + rate);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("a rate is a number such as 50/s");
        assertThat(queue.status().dead()).isEqualTo(1);
    }

    @Test
    void nothingIsDiscardedByATypo() {
        var id = bury(1, "boom");
        assertThat(run("dlq", "discard").code()).isEqualTo(2);
        assertThat(run("dlq", "discard", "--topic", "member.saved").code()).isEqualTo(2);
        assertThat(run("dlq", "discard", "--topic", "member.saved", id).code()).isEqualTo(2);
        var unasked = run("dlq", "discard", "--all");
        assertThat(unasked.code()).isEqualTo(2);
        assertThat(unasked.err()).contains("--yes");
        assertThat(queue.status().dead()).isEqualTo(1);

        assertThat(run("dlq", "discard", "--all", "--yes").out()).isEqualTo("discarded 1 dead letter\n");
        assertThat(queue.status().dead()).isZero();
        assertThat(queue.status().missing()).isZero();
    }

    @Test
    void theLedgerIsToldAndWhatIsFurtherStays() {
        var replayed = bury(1, "boom");
        var discarded = bury(2, "boom");
        var finished = bury(3, "boom");
        for (var id : List.of(replayed, discarded, finished)) {
            var state = id.equals(finished) ? "done" : "dead";
            execute("insert into freshet.deliveries (id, site, topic, state, received) values ('" + id
                    + "', 'main', 'member.saved', '" + state + "', now())");
        }
        run("dlq", "replay", replayed, finished);
        run("dlq", "discard", discarded);
        assertThat(state(replayed)).isEqualTo("queued");
        assertThat(state(discarded)).isEqualTo("discarded");
        assertThat(state(finished)).isEqualTo("done");
    }

    private String state(String id) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select state from freshet.deliveries where id = ?")
                        .bind(0, id)
                        .mapTo(String.class)
                        .one());
    }

    @Test
    void whoDidWhatIsKeptWithoutAddresses() {
        assertThat(run("dlq", "log").out()).isEqualTo("nobody has replayed, discarded or forgotten dead letters\n");
        var id = bury(1, "boom for ann@example.com");
        bury(2, "boom");
        run("dlq", "replay", "--all", "--error", "ann@example.com");
        run("dlq", "replay", id);
        run("dlq", "discard", "--all", "--yes");
        run("dlq", "replay", "--all", "--dry-run");

        var log = run("dlq", "log", "--json").json();
        assertThat(log).hasSize(3);
        assertThat(log.get(0).path("action").asText()).isEqualTo("discard");
        assertThat(log.get(0).path("which").asText()).isEqualTo("all");
        assertThat(log.get(0).path("letters").asInt()).isEqualTo(1);
        assertThat(log.get(0).path("by").asText()).contains("@");
        assertThat(log.get(1).path("letters").asInt()).isZero();
        assertThat(log.get(2).path("which").asText()).isEqualTo("error='(address)'");
        assertThat(run("dlq", "log").out()).startsWith("AT").contains("replay").doesNotContain("ann@");
    }

    @Test
    void anExportIsWholeAndOnlyItsOwnerReadsIt() throws IOException {
        var id = bury(1, "boom");
        var binary = new byte[] {'{', (byte) 0xff, '}'};
        buryBody("2", "member.saved", binary, "boom");
        var file = directory.resolve("letters.jsonl");

        assertThat(run("dlq", "export", "--output", file.toString()).out())
                .isEqualTo("exported 2 dead letters to " + file + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        var letters =
                Files.readAllLines(file).stream().map(DlqCommandsIT::parse).toList();
        assertThat(letters).hasSize(2);
        assertThat(letters.get(0).path("id").asText()).isEqualTo(id);
        assertThat(letters.get(0).path("body").asText()).isEqualTo(body(1));
        assertThat(letters.get(0).path("attempts").get(0).path("error").asText())
                .isEqualTo("boom");
        assertThat(letters.get(1).path("bodyBase64").asText()).isEqualTo("e/99");

        var again = run("dlq", "export", "--output", file.toString());
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("is there already");
        assertThat(Files.readAllLines(file)).hasSize(2);
        assertThat(run("dlq", "export").out().lines().map(DlqCommandsIT::parse)).containsExactlyElementsOf(letters);
    }

    @Test
    void aLetterWhoseBodyWasMovedIsShownExportedReplayedAndDiscardedAsAnyOther() {
        var text = "{\"id\":1,\"cohort\":3,\"at\":\"2026-01-01T00:00:00Z\",\"note\":\"" + "x".repeat(500) + "\"}";
        var id = buryBody("1", "member.saved", text, "boom");
        var other = buryBody("2", "member.saved", text.replace("\"id\":1", "\"id\":2"), "boom");
        var bodies = new DeadBodies(database, prefix);
        var moved = new Overflow(server, QueueOptions.defaults(prefix), bodies, 0).move();
        assertThat(moved.moved()).isEqualTo(2);

        assertThat(run("dlq", "show", "--body", id).out()).isEqualTo(text);
        assertThat(parse(run("dlq", "export", "--id", id).out()).path("body").asText())
                .isEqualTo(text);
        assertThat(run("dlq", "replay", "--all", "--dry-run").out()).contains("tags to invalidate");

        var without = new HashMap<>(environment);
        without.remove("DATABASE_URL");
        for (var command :
                List.of(List.of("dlq", "show", id), List.of("dlq", "export"), List.of("dlq", "replay", "--all"))) {
            var refused = CommandRun.of(without, command.toArray(String[]::new));
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("the body of " + id + " was moved to PostgreSQL, and DATABASE_URL is not set");
        }
        assertThat(queue.status().dead()).isEqualTo(2);

        assertThat(run("dlq", "replay", id).out()).isEqualTo("replayed 1 dead letter\n");
        assertThat(run("dlq", "discard", other).out()).isEqualTo("discarded 1 dead letter\n");
        assertThat(queue.status().replay()).isEqualTo(1);
        assertThat(queue.status().missing()).isZero();
    }

    private String bury(int member, String error) {
        return buryBody(String.valueOf(member), "member.saved", body(member), error);
    }

    private static String body(int member) {
        return "{\"id\":" + member + ",\"cohort\":3,\"at\":\"2026-01-01T00:00:00Z\"}";
    }

    private String buryBody(String delivery, String topic, String body, String error) {
        return buryBody(delivery, topic, body.getBytes(UTF_8), error);
    }

    private String buryBody(String delivery, String topic, byte[] body, String error) {
        var id = Job.id("main", topic, delivery);
        var job = Job.first(id, "main", topic, NOW, false, "trace", body);
        server.await(queue.enqueueDead(job, new Attempt(NOW, "w1", "apply", error)));
        return id;
    }

    private void execute(String sql) {
        database.jdbi().useHandle(handle -> handle.execute(sql));
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(environment, arguments);
    }

    private CommandRun run(List<String> filters, String... command) {
        var arguments = new ArrayList<>(List.of(command));
        arguments.addAll(filters);
        return run(arguments.toArray(String[]::new));
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new IllegalArgumentException(line, e);
        }
    }
}
