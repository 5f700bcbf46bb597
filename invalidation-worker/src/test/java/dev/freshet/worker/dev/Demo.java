package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.model.Hmac;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Settings;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * {@code freshet demo}: sends every published Thinkific sample, and some that are not as they should be, and shows what
 * became of each. Exits with 0 only if everything came as the story tells it.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Demo implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    /** Short, so that the second round of calls does not keep the audience waiting. */
    private static final Map<String, String> SETTINGS = Map.of("CALLBACK_LONGEST_RENDER", "300ms");

    private static final String ADA = "user:ada.sample@example.com";
    private static final String SAM = "user:sam.sample@example.com";

    /** A cached value that the story watches. */
    private record Value(String view, Map<String, String> parameters, String path) {}

    private static final Map<String, Value> VALUES = new TreeMap<>(Map.of(
            "cohort 3", new Value("cohort", Map.of("cohortId", "3"), "/api/cohorts/3/cached"),
            "cohort 4", new Value("cohort", Map.of("cohortId", "4"), "/api/cohorts/4/cached"),
            "dashboard", new Value("dashboard", Map.of(), "/api/dashboard/cached"),
            "statistics", new Value("statistics", Map.of(), "/api/statistics/cached"),
            "Ada",
                    new Value(
                            "user",
                            Map.of("email", "ada.sample@example.com"),
                            "/api/users/ada.sample@example.com/cached"),
            "Sam",
                    new Value(
                            "user",
                            Map.of("email", "sam.sample@example.com"),
                            "/api/users/sam.sample@example.com/cached")));

    /**
     * A delivery and what it is to make fresh.
     *
     * @param values names of {@link #VALUES}; every other one must stay cached
     * @param tags what the front end is to be told
     */
    private record Scene(String topic, Set<String> values, Set<String> tags) {}

    private final HttpClient http = HttpClient.newHttpClient();
    private final Stage stage;
    private final RedisServer queueServer;
    private final RedisServer cacheServer;
    private final JobQueue queue;
    private final TagCache cache;
    private final Catalog catalog;
    private final List<String> faults = new ArrayList<>();
    private int rewarmed;
    private int callbacks;

    private Demo() {
        stage = new Stage(Stage.Ports.FREE, List.of(), told -> {}, SETTINGS);
        var addresses = Addresses.from(new Settings(stage.environment()));
        queueServer = new RedisServer("queue", addresses.queue(), DEADLINE);
        cacheServer = new RedisServer("cache", addresses.cache(), DEADLINE);
        queue = new JobQueue(queueServer, QueueOptions.defaults(addresses.prefix()));
        cache = new TagCache(cacheServer, CacheOptions.defaults(addresses.prefix()));
        catalog = CatalogReader.read("tafta", stage.environment());
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("logback.configurationFile", "demo-logback.xml");
        say("Starting Redis, PostgreSQL, the webhook service, a worker and the cached reads, all on this machine…");
        int faults;
        try (var demo = new Demo()) {
            faults = demo.play();
        }
        System.exit(faults == 0 ? 0 : 1);
    }

    @Override
    public void close() {
        http.close();
        queueServer.close();
        cacheServer.close();
        stage.close();
    }

    private int play() throws Exception {
        say("\nSix values are read twice: the first read loads them, the second finds them cached.\n");
        for (var value : VALUES.entrySet()) {
            var first = read(value.getValue());
            var second = read(value.getValue());
            expect("MISS", cacheOutcome(first), value.getKey() + " is loaded");
            expect("HIT", cacheOutcome(second), value.getKey() + " is cached");
            say("  GET %-42s %s, %s".formatted(value.getValue().path(), cacheOutcome(first), cacheOutcome(second)));
        }
        var before = statistics();
        await(
                "the front end, which is new, was told twice that everything is old",
                () -> stage.frontEnd().calls().size() >= 2);
        say("\nEach published sample is delivered, signed. Values that are in use are loaded again by the worker:\n");
        for (var scene : scenes()) {
            play(scene);
        }
        say("\nThe statistics, read from the cache, before and after:\n\n  %s\n  %s".formatted(before, statistics()));
        say("\nAnd some deliveries that are not as they should be:\n");
        refusals();
        poison();
        say("\nAnd the queue's Redis is stopped:\n");
        outage();
        return finale();
    }

    private static List<Scene> scenes() {
        var learner = Set.of("cohort 3", "Ada");
        var all = Set.of("cohort 3", "dashboard", "statistics", "Ada");
        var enrollmentTags = Set.of("enrollments", "statistics", "dashboard", "cohort:3", ADA);
        return List.of(
                new Scene("user.signup", Set.of("statistics", "Ada"), Set.of("statistics", ADA)),
                new Scene("enrollment.created", all, enrollmentTags),
                new Scene("lesson.completed", learner, Set.of("cohort:3", ADA)),
                new Scene("quiz.attempted", Set.of("cohort 4", "Sam"), Set.of("cohort:4", SAM)),
                new Scene("enrollment.completed", all, enrollmentTags),
                new Scene("order.created", Set.of("statistics", "Ada"), Set.of("statistics", ADA)),
                new Scene("lead.created", Set.of("statistics"), Set.of("statistics")),
                new Scene("enrollment.progress", all, enrollmentTags));
    }

    private void play(Scene scene) throws Exception {
        stage.frontEnd().forget();
        var before = Instant.now();
        long start = System.nanoTime();
        var answer = deliver(Stage.sample(scene.topic()));
        expect("accepted", answer, scene.topic() + " is accepted");
        long accepted = millisSince(start);
        await(
                scene.topic() + " is applied and its values are loaded again",
                () -> loadedSince(before).containsAll(scene.values()));
        long loaded = millisSince(start);
        await(
                scene.topic() + " is confirmed by the front end",
                () -> stage.frontEnd().tags().containsAll(scene.tags()));
        long told = millisSince(start);
        await(
                "the front end has confirmed twice",
                () -> stage.frontEnd().calls().size() >= 2);
        var fresh = loadedSince(before);
        expect(new TreeSet<>(scene.values()), fresh, "loaded again after " + scene.topic());
        rewarmed += fresh.size();
        callbacks += stage.frontEnd().received();
        say("  %-21s accepted %4d ms   fresh %4d ms   front end told %4d ms   %s"
                .formatted(scene.topic(), accepted, loaded, told, String.join(", ", fresh)));
    }

    private void refusals() throws Exception {
        var sample = Stage.sample("enrollment.created");
        expect("duplicate", deliver(sample), "the same delivery again is a duplicate");
        say("  the same delivery again      200 duplicate: acknowledged, and not applied again");
        expect(401, post(sample, Optional.of("00".repeat(32))).statusCode(), "a bad signature is refused");
        say("  a signature that is wrong    401");
        expect(400, post("not json".getBytes(UTF_8), Optional.empty()).statusCode(), "a malformed body is refused");
        say("  neither signed nor JSON      400");
    }

    /** Well signed and well formed, but PostgreSQL will not have it: nothing that trying again could mend. */
    private void poison() throws Exception {
        var body = new String(Stage.sample("enrollment.created"), UTF_8)
                .replace("20180126171756020665195", "poison")
                .replace("97472", "97473")
                .replace("\"0.0\"", "\"a lot\"");
        expect("accepted", deliver(body.getBytes(UTF_8)), "the poison is accepted");
        await("the poison is a dead letter", () -> queue.status().dead() == 1);
        say("  a percentage of \"a lot\"      200 accepted, then a dead letter, kept until a person decides:\n");
        for (var letter : new DeadLetters(queueServer, QueueOptions.defaults("freshet")).list(DeadFilter.all(), 0, 9)) {
            say("    " + letter.job().id() + "  "
                    + letter.job().attempts().getLast().error());
        }
    }

    /** What is accepted meanwhile lies in PostgreSQL, and is done once Redis is back. */
    private void outage() throws Exception {
        await("nothing is under way any more", () -> queue.status().inFlight() == 0);
        stage.frontEnd().forget();
        stage.queue().stop();
        var body = new String(Stage.sample("lead.created"), UTF_8)
                .replace("01HXSAMPLE0000000000000004", "01HXSAMPLE0000000000000104")
                .replace("\"id\": 33", "\"id\": 34");
        var before = Instant.now();
        expect("accepted", deliver(body.getBytes(UTF_8)), "a delivery is accepted without Redis");
        say("  lead.created                 200 accepted: it waits in PostgreSQL");
        long start = System.nanoTime();
        stage.queue().restart();
        await(
                "what was spilled is applied and its value loaded again",
                () -> loadedSince(before).contains("statistics"));
        await(
                "the front end has confirmed it twice",
                () -> stage.frontEnd().calls().size() >= 2);
        rewarmed += loadedSince(before).size();
        callbacks += stage.frontEnd().received();
        say("  Redis is back                drained, applied and fresh after %d ms".formatted(millisSince(start)));
    }

    private int finale() throws Exception {
        await(
                "nothing is under way any more",
                () -> queueServer.isConnected() && queue.status().inFlight() == 0);
        var status = queue.status();
        expect(10L, status.count("accepted"), "deliveries");
        expect(9L, status.count("applied"), "applied");
        expect(22, rewarmed, "rewarmed");
        expect(18, callbacks, "callbacks: each change is told twice");
        expect(1L, status.dead(), "dead");
        expect(0L, status.missing(), "lost");
        say("\n" + (faults.isEmpty() ? "Everything came as told." : "Not as told:\n  " + String.join("\n  ", faults)));
        say(summary(status));
        return faults.size();
    }

    private String summary(QueueStatus status) {
        return "fresh: deliveries=%d applied=%d rewarmed=%d callbacks=%d dead=%d lost=%d"
                .formatted(
                        status.count("accepted"),
                        status.count("applied"),
                        rewarmed,
                        callbacks,
                        status.dead(),
                        status.missing());
    }

    /** The names of the values that are cached and were loaded after this moment. */
    private Set<String> loadedSince(Instant moment) {
        var names = new TreeSet<String>();
        VALUES.forEach((name, value) -> {
            var view = Objects.requireNonNull(catalog.views().get(value.view()));
            cache.read(view.key(value.parameters()), view.tags(value.parameters()))
                    .filter(entry -> !entry.loadedAt().isBefore(moment))
                    .ifPresent(entry -> names.add(name));
        });
        return names;
    }

    private HttpResponse<String> read(Value value) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(stage.reads(value.path()))
                        .timeout(DEADLINE)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String cacheOutcome(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache").orElse("status " + answer.statusCode());
    }

    private String statistics() throws IOException, InterruptedException {
        return read(Objects.requireNonNull(VALUES.get("statistics"))).body();
    }

    /** @return the status of the answer's body, such as {@code accepted} */
    private String deliver(byte[] body) throws IOException, InterruptedException {
        var answer = post(body, Optional.of(Hmac.signHex(Stage.WEBHOOK_SECRET, body)));
        return JSON.readTree(answer.body()).path("status").asText("status " + answer.statusCode());
    }

    private HttpResponse<String> post(byte[] body, Optional<String> signature)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(stage.ingest("/webhooks/thinkific"))
                .timeout(DEADLINE)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        signature.ifPresent(hex -> request.header("X-Thinkific-Hmac-Sha256", hex));
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private void expect(Object wanted, Object seen, String what) {
        if (!wanted.equals(seen)) {
            faults.add(what + ": expected " + wanted + ", was " + seen);
        }
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                faults.add("waited in vain until " + what);
                return;
            }
            Thread.sleep(2);
        }
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
