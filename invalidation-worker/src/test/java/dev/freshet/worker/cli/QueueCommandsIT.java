package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.queue.Enqueued;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.WorkerBeat;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.frontend.Changes;
import dev.freshet.worker.frontend.Owed;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The commands about the queue, run in this process against a real Redis with dead letters in it. */
class QueueCommandsIT {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    private final TestServices services = TestServices.shared();
    private final String prefix = services.newPrefix();
    private final Map<String, String> environment = Map.of(
            "REDIS_URL",
            services.queueUrl().toString(),
            "REDIS_KEY_PREFIX",
            prefix,
            "FRONT_END_URLS",
            "http://127.0.0.1:3999/api/revalidate",
            "REVALIDATE_SECRET",
            "secret");
    private RedisServer server;
    private JobQueue queue;

    @BeforeEach
    void open() {
        server = new RedisServer("queue", services.queueUrl(), Duration.ofSeconds(5));
        queue = new JobQueue(server, QueueOptions.defaults(prefix));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(environment, arguments);
    }

    private String bury(String topic, String delivery, String error) {
        var id = Job.id("main", topic, delivery);
        var body = "{\"id\":\"" + delivery + "\"}";
        var job = Job.first(id, "main", topic, NOW, false, "trace-" + delivery, body.getBytes(UTF_8));
        var enqueued = server.await(queue.enqueueDead(job, new Attempt(NOW, "w1", "apply", error)));
        assertThat(enqueued).isEqualTo(Enqueued.ACCEPTED);
        return id;
    }

    private long dead() {
        return queue.status().dead();
    }

    @Test
    void partitionsAreShownWhenThereAreSeveral() {
        bury("user.signup", "1", "boom");
        assertThat(run("status").out()).doesNotContain("partition");
        assertThat(run("status", "--json").json().has("partitions")).isFalse();
        var own = new HashMap<>(environment);
        own.put("REDIS_KEY_PREFIX", services.newPrefix());
        own.put("QUEUE_PARTITIONS", "3");
        assertThat(CommandRun.of(own, "status").out()).contains("  partition 0 ", "  partition 2 ");
        own.remove("QUEUE_PARTITIONS");
        assertThat(CommandRun.of(own, "status", "--json").json().path("partitions"))
                .hasSize(3);
    }

    @Test
    void anEmptyListIsASentence() {
        var list = run("dlq", "list");
        assertThat(list.code()).isZero();
        assertThat(list.out()).isEqualTo("there are no dead letters\n");
        assertThat(run("dlq", "list", "--json").json()).isEmpty();
    }

    @Test
    void listShowsWhatTheFiltersLeave() {
        var first = bury("enrollment.created", "1", "PSQLException: no such column");
        var second = bury("user.signup", "2", "UnreadableException: /payload/email is missing");

        assertThat(run("dlq", "list").out()).contains(first, second).startsWith("DEAD SINCE");
        assertThat(run("dlq", "list", "--topic", "user.signup").out())
                .contains(second)
                .doesNotContain(first);
        assertThat(run("dlq", "list", "--error", "no such column").out())
                .contains(first)
                .doesNotContain(second);
        assertThat(run("dlq", "list", "--limit", "1").out()).contains("there may be more: --offset 1");
        assertThat(run("dlq", "list", "--site", "other").out()).isEqualTo("no dead letter matches\n");

        var json = run("dlq", "list", "--json", "--topic", "enrollment.created").json();
        assertThat(json).hasSize(1);
        assertThat(json.get(0).path("id").asText()).isEqualTo(first);
        assertThat(json.get(0).path("step").asText()).isEqualTo("apply");
        assertThat(json.get(0).path("error").asText()).isEqualTo("PSQLException: no such column");
    }

    @Test
    void showPrintsEveryTryAndTheBody() {
        var id = bury("enrollment.created", "1", "PSQLException: no such column");

        assertThat(run("dlq", "show", id).out())
                .contains(id, "enrollment.created", "trace-1", "w1", "no such column", "{\"id\":\"1\"}");
        assertThat(run("dlq", "show", id, "--body").out()).isEqualTo("{\"id\":\"1\"}");
        var json = run("dlq", "show", id, "--json").json();
        assertThat(json.path("body").asText()).isEqualTo("{\"id\":\"1\"}");
        assertThat(json.path("attempts").get(0).path("worker").asText()).isEqualTo("w1");
    }

    @Test
    void aReplayIsNoTry() {
        var job = Job.first("main:user.signup:1", "main", "user.signup", NOW, false, "", new byte[0])
                .failed(new Attempt(NOW, "w1", "apply", "boom"))
                .failed(new Attempt(NOW, "", Attempt.REPLAY, ""));
        server.await(queue.enqueueDead(job, new Attempt(NOW, "w1", "apply", "boom")));

        assertThat(run("dlq", "list", "--json").json().get(0).path("tries").asInt())
                .isEqualTo(2);
    }

    @Test
    void whatIsNotThereIsNamedAndEndsWithOne() {
        var show = run("dlq", "show", "main:none:1");
        assertThat(show.code()).isEqualTo(1);
        assertThat(show.err()).isEqualTo("there is no dead letter main:none:1\n");

        var id = bury("enrollment.created", "1", "boom");
        var replay = run("dlq", "replay", id, "main:none:1");
        assertThat(replay.code()).isEqualTo(1);
        assertThat(replay.out()).isEqualTo("replayed 1 dead letter\n");
        assertThat(replay.err()).isEqualTo("there is no dead letter main:none:1\n");
        assertThat(dead()).isZero();
    }

    @Test
    void dryRunsSayHowManyAndChangeNothing() {
        var id = bury("enrollment.created", "1", "boom");
        bury("user.signup", "2", "boom");

        assertThat(run("dlq", "replay", "--all", "--dry-run").out()).startsWith("would replay 2 dead letters\n");
        assertThat(run("dlq", "replay", "--dry-run", id).out()).startsWith("would replay 1 dead letter\n");
        assertThat(run("dlq", "discard", "--dry-run", id).out()).isEqualTo("would discard 1 dead letter\n");
        assertThat(dead()).isEqualTo(2);
    }

    @Test
    void replayAllTakesWhatMatchesOnly() {
        bury("enrollment.created", "1", "boom");
        bury("user.signup", "2", "boom");

        var replay = run("dlq", "replay", "--all", "--topic", "user.signup", "--json");
        assertThat(replay.code()).isZero();
        assertThat(replay.json().path("count").asInt()).isEqualTo(1);
        assertThat(dead()).isEqualTo(1);
        assertThat(queue.status().replay()).isEqualTo(1);
        assertThat(queue.status().missing()).isZero();
    }

    @Test
    void discardForgets() {
        var id = bury("enrollment.created", "1", "boom");

        assertThat(run("dlq", "discard", id).out()).isEqualTo("discarded 1 dead letter\n");
        assertThat(dead()).isZero();
        assertThat(queue.status().count("discarded")).isEqualTo(1);
    }

    @Test
    void statusIsOneScreen() {
        bury("enrollment.created", "1", "boom");
        queue.beat(new WorkerBeat("w1", "host-a", 42, NOW, NOW.plusSeconds(90), 3, 17, Optional.empty()));

        var text = run("status");
        assertThat(text.code()).isZero();
        assertThat(text.out())
                .contains("ready 0", "dead 1", "accepted 1", "'freshet dlq list' shows them")
                .containsPattern("w1 +host-a +42 +90s +3 +17 +working");

        var json = run("status", "--json").json();
        assertThat(json.path("places").path("dead").asInt()).isEqualTo(1);
        assertThat(json.path("counts").path("accepted").asInt()).isEqualTo(1);
        assertThat(json.path("missing").asInt()).isZero();
        assertThat(json.path("workers").get(0).path("done").asInt()).isEqualTo(17);
    }

    @Test
    void statusShowsWhatFrontEndsAreOwed() {
        var frontEnds = CatalogReader.read("tafta", environment).frontEnds().values();
        var owed = new Owed(server, prefix, frontEnds, Owed.LONGEST_RENDER, Owed.MOST_OWED);
        Changes.settle(owed, server, prefix, frontEnds);
        owed.record(Changes.of(List.of(new Tag("cohort:3")), List.of("/a")));

        assertThat(run("status").out()).containsPattern("dashboard +http://127.0.0.1:3999\\S* +there +2 ");
        var frontEnd = run("status", "--json").json().path("frontEnds").get(0);
        assertThat(frontEnd.path("owed").asInt()).isEqualTo(2);
        assertThat(frontEnd.path("lastConfirmedAt").isNull()).isTrue();
    }

    @Test
    void aCatalogThatCannotBeReadHidesTheFrontEndsOnly() {
        var status = CommandRun.of(
                Map.of(
                        "REDIS_URL",
                        services.queueUrl().toString(),
                        "REDIS_KEY_PREFIX",
                        prefix,
                        "CATALOG",
                        "/none.yaml"),
                "status");
        assertThat(status.code()).isZero();
        assertThat(status.out()).contains("ready 0").contains("front ends    not known, 'freshet check' says why");
    }

    @Test
    void pauseAndResumeAreSeenInStatus() {
        assertThat(run("pause", "--reason", "database upgrade").out()).isEqualTo("paused: database upgrade\n");
        assertThat(queue.paused()).contains("database upgrade");
        queue.beat(new WorkerBeat("w1", "host-a", 42, NOW, NOW.plusSeconds(90), 3, 17, Optional.empty()));
        assertThat(run("status").out())
                .contains("paused        database upgrade", "SETTLED")
                .containsPattern("w1 .* 17 +paused\n");

        assertThat(run("resume").out()).isEqualTo("resumed\n");
        assertThat(queue.paused()).isEmpty();
        assertThat(run("resume", "--json").json().path("was").asBoolean()).isFalse();
    }

    @Test
    void theAuditOfASoundQueueEndsWithZero() {
        bury("user.signup", "1", "boom");
        var audit = run("audit", "queue");
        assertThat(audit.code()).isZero();
        assertThat(audit.out())
                .startsWith("PARTITION  ACCEPTED  READY")
                .contains("DATABASE_URL is not set")
                .endsWith("audit: accepted=1 missing=0 strays=0 spilled=-\n");
        var json = run("audit", "queue", "--json").json();
        assertThat(json.path("accepted").asInt()).isEqualTo(1);
        assertThat(json.path("partitions").get(0).path("dead").asInt()).isEqualTo(1);
        assertThat(json.path("spilled").isNull()).isTrue();
    }

    @Test
    void theAuditNamesWhatIsStrayAndMendsItWhenAskedTo() {
        var key = prefix + ":{q:0}:dead:at";
        queue.partitions();
        server.await(server.session().commands().zadd(key, 1, "main:user.signup:1".getBytes(UTF_8)));

        var found = run("audit", "queue");
        assertThat(found.code()).isEqualTo(1);
        assertThat(found.out())
                .contains("stray in partition 0: the time of a death without a dead letter, main:user.signup:1\n")
                .contains("'freshet audit queue --repair' mends")
                .endsWith("audit: accepted=0 missing=0 strays=1 spilled=-\n");
        var json = run("audit", "queue", "--json").json();
        assertThat(json.path("strays").get(0).path("kind").asText()).isEqualTo("time");

        var mended = run("audit", "queue", "--repair");
        assertThat(mended.code()).isEqualTo(1);
        assertThat(mended.out())
                .contains(
                        "mended in partition 0: the time of a death without a dead letter, main:user.signup:1; removed")
                .endsWith("audit: accepted=0 missing=0 strays=0 mended=1 spilled=-\n");
        assertThat(run("audit", "queue", "--repair").code()).isZero();
    }

    @Test
    void theAuditCountsWhatIsSpilled() {
        var own = new HashMap<>(environment);
        var url = services.newDatabase();
        own.put("DATABASE_URL", url.toString());
        assertThat(CommandRun.of(own, "audit", "queue").out())
                .contains("PostgreSQL does not say what is spilled: ")
                .endsWith("spilled=-\n");
        try (var database = new Database(url, DatabaseOptions.DEFAULTS)) {
            database.migrate();
            database.jdbi()
                    .useHandle(
                            handle -> handle.execute(
                                    "insert into freshet.deliveries (id, site, topic, state, received,"
                                            + " job) values ('1', 'main', 'a.b', 'spilled', now(), ''), ('2', 'main', 'a.b', 'done', now(), null)"));
        }
        assertThat(CommandRun.of(own, "audit", "queue").out()).endsWith("spilled=1\n");
    }
}
