package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.Verdict;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code freshet deliveries}, run in this process against a real ledger and a real queue. */
class DeliveriesCommandsIT {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00.123Z");
    private static final Attempt FAILED = new Attempt(NOW, "w1", "apply", "boom");

    private final TestServices services = TestServices.shared();
    private final String prefix = services.newPrefix();
    private final URI databaseUrl = services.newDatabase();
    private final Map<String, String> environment = Map.of(
            "REDIS_URL",
            services.redisUrl().toString(),
            "REDIS_KEY_PREFIX",
            prefix,
            "DATABASE_URL",
            databaseUrl.toString());
    private final RedisServer server = new RedisServer("queue", services.redisUrl(), Duration.ofSeconds(5));
    private final JobQueue queue = new JobQueue(server, QueueOptions.defaults(prefix));
    private final Database database = new Database(databaseUrl, DatabaseOptions.DEFAULTS);
    private final Deliveries ledger = new Deliveries(database);

    @BeforeEach
    void migrate() {
        database.migrate();
    }

    @AfterEach
    void close() {
        database.close();
        server.close();
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(environment, arguments);
    }

    private static String id(String delivery) {
        return Job.id("main", "user.signup", delivery);
    }

    private Job enqueue(String delivery) {
        var job = Job.first(id(delivery), "main", "user.signup", NOW, false, "trace-1", "{}".getBytes(UTF_8));
        server.await(queue.enqueue(job));
        return job;
    }

    private void record(String delivery, State state, String outcome) throws SQLException {
        boolean applied = outcome.equals("applied");
        ledger.record(List.of(new Delivery(
                id(delivery),
                "main",
                "user.signup",
                state,
                outcome,
                1,
                NOW,
                applied ? Optional.of(NOW.plusMillis(12)) : Optional.empty(),
                applied ? Optional.of(NOW.plusMillis(15)) : Optional.empty())));
    }

    @Test
    void anEmptyLedgerIsASentence() {
        var list = run("deliveries", "list");
        assertThat(list.code()).isZero();
        assertThat(list.out()).isEqualTo("""
                the ledger is empty
                in the queue: 0 to be tried, which get their rows then; no dead letters
                """);
        assertThat(run("deliveries", "list", "--json").out()).isEqualTo("[ ]\n");
        assertThat(run("deliveries", "list", "--topic", "x").out()).startsWith("no row of the ledger matches\n");
    }

    @Test
    void listShowsWhatTheFiltersLeaveAndHowManyHaveNoRowYet() throws SQLException {
        record("1", State.DONE, "applied");
        record("2", State.RETRY, "PSQLException: 55P03 not now");
        enqueue("3");

        assertThat(run("deliveries", "list").out())
                .containsPattern("2026-01-31T12:00:00Z +done +1 +15 ms +main:user.signup:1 +applied\n")
                .containsPattern("retry +1 +- +main:user.signup:2 +PSQLException: 55P03 not now\n")
                .endsWith("in the queue: 1 to be tried, which get their rows then; no dead letters\n");
        assertThat(ids("--state", "retry")).containsExactly(id("2"));
        assertThat(ids("--outcome", "applied")).containsExactly(id("1"));
        assertThat(ids("--id", "signup:2")).containsExactly(id("2"));
        assertThat(ids("--since", "2026-01-31", "--until", "2026-01-31T12:00:01Z", "--site", "main"))
                .hasSize(2);
        assertThat(ids("--until", "2026-01-31T12:00:00Z")).isEmpty();
        assertThat(ids("--limit", "1", "--offset", "1")).hasSize(1);
        assertThat(run("deliveries", "list", "--limit", "1").out()).contains("there may be more: --offset 1\n");
    }

    private List<String> ids(String... options) {
        var arguments = new java.util.ArrayList<>(List.of("deliveries", "list", "--json"));
        arguments.addAll(List.of(options));
        return run(arguments.toArray(String[]::new)).json().findValues("id").stream()
                .map(JsonNode::asText)
                .toList();
    }

    @Test
    void whatCannotBeUnderstoodEndsWithTwo() {
        var state = run("deliveries", "list", "--state", "lost");
        assertThat(state.code()).isEqualTo(2);
        assertThat(state.err()).contains("a state is one of spilled, queued, retry, dead, done, discarded, was 'lost'");
        assertThat(run("deliveries", "list", "--since", "yesterday").err()).contains("a time is such as 90s");
        assertThat(run("deliveries", "list", "--limit", "0").code()).isEqualTo(2);
        var none = new HashMap<>(environment);
        none.remove("DATABASE_URL");
        assertThat(CommandRun.of(none, "deliveries", "list").code()).isEqualTo(2);
    }

    @Test
    void showTellsHowLongItTook() throws SQLException {
        record("1", State.DONE, "applied");
        assertThat(run("deliveries", "show", id("1")).out())
                .containsPattern("id +main:user.signup:1\n")
                .containsPattern("state +done\n")
                .containsPattern("applied +2026-01-31T12:00:00.135Z\n")
                .containsPattern("appliedAfterMs +12\n")
                .containsPattern("freshAfterMs +15\n")
                .containsPattern("now +done\n");
        var json = run("deliveries", "show", id("1"), "--json").json();
        assertThat(json.path("outcome").asText()).isEqualTo("applied");
        assertThat(json.path("freshAfterMs").asInt()).isEqualTo(15);
        assertThat(json.path("queue").isNull()).isTrue();
    }

    @Test
    void showFindsWhatStillWaits() throws SQLException {
        enqueue("1");
        assertThat(run("deliveries", "show", id("1")).out())
                .containsPattern("trace +trace-1\n")
                .containsPattern("now +waits for a worker\n");

        var claim = (Claim) queue.claim(10, Duration.ofMinutes(1));
        assertThat(run("deliveries", "show", id("1")).out())
                .containsPattern("now +a worker holds it, claim " + claim.id() + " until ");
        record("1", State.RETRY, "boom");
        queue.settle(claim, List.of(new Verdict.Retry(claim.jobs().getFirst(), FAILED, Duration.ofHours(1))), Map.of());
        assertThat(run("deliveries", "show", id("1")).out())
                .containsPattern("outcome +boom\n")
                .containsPattern("now +waits for its next try at 20");
        var json = run("deliveries", "show", id("1"), "--json").json();
        assertThat(json.path("state").asText()).isEqualTo("retry");
        assertThat(json.path("queue").path("place").asText()).isEqualTo("retry");
    }

    @Test
    void showFindsADeadLetterThatHasNoRow() {
        var job = Job.first(id("1"), "main", "user.signup", NOW, false, "", "no json".getBytes(UTF_8));
        server.await(queue.enqueueDead(job, FAILED));
        assertThat(run("deliveries", "show", id("1")).out())
                .containsPattern("now +a dead letter since 20.*see 'freshet dlq show main:user.signup:1'");
        assertThat(run("deliveries", "list").out()).contains("1 dead letter, see 'freshet dlq list'");
    }

    @Test
    void whatIsNotKnownEndsWithOneAndAHint() throws SQLException {
        var none = run("deliveries", "show", "main:none:1");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err())
                .isEqualTo("not known here: main:none:1; an id is SITE:TOPIC:DELIVERY, and a row is kept for"
                        + " DELIVERIES_KEEP (30d) after its last change\n");
        record("2018", State.DONE, "applied");
        assertThat(run("deliveries", "show", "2018").err())
                .isEqualTo("not known here: 2018; did you mean main:user.signup:2018?\n");
    }

    @Test
    void whileTheQueueIsAwayTheLedgerStillAnswers() throws SQLException {
        record("1", State.SPILLED, "");
        var away = new HashMap<>(environment);
        away.put("REDIS_URL", "redis://127.0.0.1:1");
        var show = CommandRun.of(away, "deliveries", "show", id("1"));
        assertThat(show.code()).isZero();
        assertThat(show.out()).containsPattern("state +spilled\n").containsPattern("now +not known, the queue cannot");
        assertThat(CommandRun.of(away, "deliveries", "list").out())
                .contains("the queue cannot be asked what waits there");
    }

    @Test
    void aDatabaseWithoutALedgerSaysWhoMakesIt() {
        var fresh = new HashMap<>(environment);
        fresh.put("DATABASE_URL", services.newDatabase().toString());
        var list = CommandRun.of(fresh, "deliveries", "list");
        assertThat(list.code()).isEqualTo(1);
        assertThat(list.err()).startsWith("the database has no ledger yet");
    }
}
