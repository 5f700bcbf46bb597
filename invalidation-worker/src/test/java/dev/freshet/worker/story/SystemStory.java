package dev.freshet.worker.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Claims;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Asked;
import dev.freshet.catalog.Story.Read;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.Targets;
import dev.freshet.catalog.Targets.OfView;
import dev.freshet.worker.cli.Freshet;
import dev.freshet.worker.dev.App;
import dev.freshet.worker.dev.Stage;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the teams of the systems ask for, row by row of their page, on one stage for each system. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class SystemStory {
    static final JsonMapper JSON = new JsonMapper();
    static final String STATS = "/api/admin/cache/stats";
    static final String CLEAR = "/api/admin/cache/clear";
    private static final String ADMIN = "an-operator";
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    /** Short, so that tests need not wait for the second call, nor to be judged; but every request is counted. */
    private static final Map<String, String> SETTINGS = Map.of(
            "CALLBACK_LONGEST_RENDER", "100ms",
            "CALLBACK_MAX_PAUSE", "200ms",
            "TARGET_WINDOW", "50ms",
            "RATE_LIMIT_TIMEOUT", "10s",
            "ADMIN_TOKEN", ADMIN);

    private static final int READS = 50;

    private final String catalog;
    private final Map<String, Read> reads = new LinkedHashMap<>();
    App app;

    SystemStory(String catalog) {
        this.catalog = catalog;
    }

    @BeforeAll
    void start() {
        app = new App(stage(Map.of()));
        reads.putAll(app.stage().story().reads());
        awaitQuiet();
    }

    @AfterAll
    void stop() {
        app.close();
        app.stage().close();
    }

    /** Another one of this system, on servers of its own. */
    Stage stage(Map<String, String> more) {
        var settings = new HashMap<>(SETTINGS);
        settings.putAll(more);
        return Stage.ofTests(Story.read(catalog), settings);
    }

    @Test
    void checkFindsNothingWrong() {
        var run = freshet("check");
        assertThat(run.code).as(run.said).isZero();
        assertThat(run.said).doesNotContain("warning:");
    }

    // --- what is done ------------------------------------------------------------------------------------------------

    Runnable sql(String text) {
        return () -> app.sql(text);
    }

    /** A write of the application, which is visible when it is answered. */
    Runnable write(String route, String payload) {
        return () -> expectApplied(app.write(route, payload));
    }

    /** An event of the application, which is visible when it is answered. */
    Runnable event(String topic, String payload) {
        var site = Objects.requireNonNull(app.catalog().sites().get("app"));
        return () -> expectApplied(app.send(new Act.Event(site, topic, payload)));
    }

    private void expectApplied(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(json(answer).path("applied").asBoolean()).as(answer.body()).isTrue();
    }

    /** Reads as the story calls it, or a path. */
    HttpResponse<String> get(String read) {
        return app.get(reads.getOrDefault(read, new Read(read, Optional.empty())));
    }

    HttpResponse<String> get(String path, Reader as) {
        return app.get(path, as);
    }

    /** Somebody with a right token of the issuer {@code app}. */
    static Reader reader(Map<String, String> claims) {
        return new Reader("app", new Claims(claims, Map.of()), Signed.RIGHT);
    }

    /** As an operator. */
    HttpResponse<String> admin(String method, String path, String body) {
        return admin(app, method, path, body);
    }

    static HttpResponse<String> admin(App app, String method, String path, String body) {
        return app.send(HttpRequest.newBuilder(app.stage().reads(path))
                .method(method, BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + ADMIN));
    }

    /** A session is there with Redis and without it, until it is ended. */
    void sessionsOutliveRedis() {
        var created = app.session("POST", "/session", "", "{\"owner\":\"7\",\"data\":{\"cart\":[1]}}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        var token = json(created).path("token").asText();
        assertThat(json(app.session("GET", "/session", token, ""))
                        .path("data")
                        .path("cart")
                        .path(0)
                        .asInt())
                .isEqualTo(1);
        without(Server.CACHE, () -> {
            awaitUntil(() -> app.session("GET", "/session", token, "").statusCode() == 200);
            assertThat(app.session("POST", "/session/extend", token, "").statusCode())
                    .isEqualTo(200);
        });
        assertThat(json(app.session("GET", "/session", token, "")).path("owner").asText())
                .isEqualTo("7");
        assertThat(app.session("GET", "/session", token.replace("s1.", "s1.A"), "")
                        .statusCode())
                .isEqualTo(404);
        awaitUntil(() -> app.session("DELETE", "/session", token, "").statusCode() == 204);
        assertThat(app.session("GET", "/session", token, "").statusCode()).isEqualTo(404);
        assertThat(app.get("/session").statusCode()).isEqualTo(401);
    }

    /** What is cached is thrown away by a Redis that is full, and by nobody else. */
    void evictAll() {
        long before = redis(SystemStory::evicted);
        redis(redis -> redis.configSet("maxmemory-policy", "allkeys-lru"));
        try {
            redis(redis -> redis.configSet("maxmemory", "1"));
            awaitUntil(() -> redis(redis -> redis.dbsize() == 0 && evicted(redis) > before));
        } finally {
            redis(redis -> redis.configSet("maxmemory", "0"));
        }
    }

    private static long evicted(RedisCommands<String, String> redis) {
        return redis.info("stats")
                .lines()
                .filter(line -> line.startsWith("evicted_keys:"))
                .mapToLong(line -> Long.parseLong(line.substring("evicted_keys:".length())))
                .sum();
    }

    /** Asks the cache's Redis what no process asks. */
    <T> T redis(Function<RedisCommands<String, String>, T> question) {
        return redis(app.stage().setting("REDIS_CACHE_URL"), question);
    }

    static <T> T redis(String url, Function<RedisCommands<String, String>, T> question) {
        var client = RedisClient.create(url);
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    /** Clears as the admin API does. @return how many values went */
    long clear(String body) {
        var answer = admin("POST", CLEAR, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer).path("removed").asLong(-1);
    }

    /** One command as a shell sees it. */
    record Run(int code, String said) {}

    Run freshet(String... arguments) {
        var out = new ByteArrayOutputStream();
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code = Freshet.run(app.stage().environment(), stream, stream, arguments);
        return new Run(code, out.toString(StandardCharsets.UTF_8));
    }

    /** While it is stopped. */
    void without(Server server, Runnable meanwhile) {
        awaitQuiet();
        app.stage().server(server).stop();
        try {
            meanwhile.run();
        } finally {
            app.stage().server(server).restart();
        }
        awaitUntil(() -> json(admin("GET", "/health/detailed", ""))
                .path("status")
                .asText()
                .equals("up"));
        awaitQuiet();
    }

    // --- what came of it ---------------------------------------------------------------------------------------------

    /**
     * That a change makes these reads fresh, tells the front end of these tags, and leaves every other read of the story
     * cached; and that none is old.
     *
     * @param fresh names of reads, separated by commas
     * @param told tags, separated by blanks
     */
    void expect(Runnable change, String fresh, String told) {
        awaitQuiet();
        reads.values().forEach(app::get);
        assertThat(reads.values().stream().map(app::get).map(App::outcome)).containsOnly("HIT");
        app.stage().frontEnd().forget();
        var before = states();

        change.run();
        awaitUntil(() -> app.isQuiet() && !touchedSince(before).isEmpty() == !fresh.isEmpty());

        assertThat(touchedSince(before)).isEqualTo(words(fresh, ","));
        assertThat(app.stage().frontEnd().tags()).isEqualTo(words(told, " "));
        assertThat(app.stale(reads)).isEmpty();
    }

    /**
     * That the targets are these, that whoever watches the metrics can compare what is measured with each of them, and that
     * a hit rate is compared already: reads that miss it are noticed, and so is that it is reached again.
     *
     * @param watched a view whose rate is a target, or {@code *} for all of them
     * @param hit reads what is cached
     * @param miss reads what nobody has read yet
     */
    void expectTargets(Targets targets, String watched, Runnable hit, Runnable miss) {
        assertThat(app.catalog().targets()).isEqualTo(targets);
        var rate = watched.equals("*")
                ? targets.watched().orElseThrow()
                : targets.views().get(watched).hitRate().orElseThrow();
        try (var watch = Said.by("dev.freshet.worker.TargetWatch", Level.INFO)) {
            awaitMissed(app, watched, 0, hit);
            awaitMissed(app, watched, 1, miss);
            awaitMissed(app, watched, 0, hit);
            for (var line : List.of("hit rate below target", "hit rate on target")) {
                assertThat(watch.lines())
                        .anyMatch(said -> said.startsWith(line + " view=" + watched + " rate=")
                                && said.endsWith(" target=" + rate));
            }
        }
        expectMeasured(targets);
    }

    /** A view of which only a hit rate is expected. */
    static OfView hits(double rate) {
        return new OfView(Optional.of(rate), Optional.empty());
    }

    /** Reads until the gauge says whether the hit rate is missed; a window may have begun before. */
    static void awaitMissed(App app, String view, int missed, Runnable read) {
        awaitUntil(() -> {
            for (int i = 0; i < READS; i++) {
                read.run();
            }
            return metric(app, "freshet_target_missed", label("view", view)) == missed;
        });
    }

    /** How long something took is measured in buckets that end at the targets; how often PostgreSQL is asked is kept. */
    private void expectMeasured(Targets targets) {
        var view =
                reads.values().stream().map(app::ask).findFirst().orElseThrow().view();
        var ofView = label("view", view.name());
        targets.times()
                .forEach(time -> assertThat(metric(
                                "freshet_read_seconds_bucket",
                                ofView,
                                label("le", Double.toString(time.toMillis() / 1e3))))
                        .as("reads within %s", time)
                        .isBetween(0.0, metric("freshet_read_seconds_count", ofView)));
        targets.queriesSaved().ifPresent(part -> assertThat(queriesSaved()).isGreaterThanOrEqualTo(part));
    }

    /** The part of some reads for which PostgreSQL was not asked, from an empty cache on. */
    private double queriesSaved() {
        clear("{\"all\":true}");
        double before = metric("freshet_cache_loads_total");
        for (int i = 0; i < READS; i++) {
            reads.values().forEach(app::get);
        }
        double loads = metric("freshet_cache_loads_total") - before;
        return 1 - loads / (READS * reads.size());
    }

    /** Each view is read at the same key that it always had. */
    void expectKey(HttpResponse<String> read, String key) {
        assertThat(read.statusCode()).as(key).isEqualTo(200);
        assertThat(clear("{\"pattern\":\"" + key + "\"}")).as(key).isEqualTo(1);
    }

    private Map<String, String> states() {
        return reads.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, read -> app.state(read.getValue())));
    }

    private Set<String> touchedSince(Map<String, String> before) {
        var now = states();
        return now.keySet().stream()
                .filter(name -> !now.get(name).equals(before.get(name)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> words(String text, String separator) {
        return List.of(text.split(separator)).stream()
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    void awaitQuiet() {
        awaitUntil(app::isQuiet);
    }

    static void awaitUntil(Callable<Boolean> condition) {
        await().atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(5))
                .ignoreExceptions()
                .until(condition);
    }

    Asked asked(String read) {
        return app.ask(reads.getOrDefault(read, new Read(read, Optional.empty())));
    }

    /** How long a view's values live, and what they are called, as the catalog has it: {@code 300 course:{courseId}}. */
    String family(String view) {
        var found = Objects.requireNonNull(app.catalog().views().get(view));
        return found.ttl().toSeconds() + " " + found.key().text();
    }

    /** What the processes have counted of one view; they add it to the fleet's every few seconds. */
    JsonNode stats(String view) {
        for (var one : json(admin("GET", STATS, "")).path("views")) {
            if (one.path("view").asText().equals(view)) {
                return one;
            }
        }
        return JSON.missingNode();
    }

    /** The sum over the series of all processes that have these labels; NaN where there is none. */
    double metric(String name, String... labels) {
        return metric(app, name, labels);
    }

    static double metric(App app, String name, String... labels) {
        var values = metrics(app).stream()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> Arrays.stream(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .toArray();
        return values.length == 0 ? Double.NaN : Arrays.stream(values).sum();
    }

    static String label(String name, String value) {
        return name + "=\"" + value + "\"";
    }

    /** What the three processes tell Prometheus, in lines. */
    static List<String> metrics(App app) {
        var stage = app.stage();
        return Stream.of(stage.ingest("/metrics"), stage.worker("/metrics"), stage.reads("/metrics"))
                .map(uri -> app.send(HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + ADMIN)))
                .flatMap(answer -> answer.body().lines())
                .toList();
    }

    static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
