package dev.freshet.worker.dev;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Asked;
import dev.freshet.catalog.Story.Scene;
import dev.freshet.catalog.Story.Server;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Settings;
import dev.freshet.worker.frontend.Owed;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Plays the story of a stage, says what comes of it, and remembers what did not come as the story tells it. */
public final class Player implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    /** Longer labels have a line of their own. */
    private static final int LABEL = 28;

    private final Stage stage;
    private final Story story;
    private final Consumer<String> out;
    private final Sender sender;
    private final RedisServer queueServer;
    private final RedisServer cacheServer;
    private final QueueOptions options;
    private final JobQueue queue;
    private final TagCache cache;
    private final Owed owed;
    private final Database database;
    /** What is read, by the name of the read. */
    private final Map<String, Asked> values = new LinkedHashMap<>();

    private final Map<String, String> first = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private long rewarmed;
    private long callbacks;

    /** @param out is given the lines that are to be shown */
    public Player(Stage stage, Consumer<String> out) {
        this.stage = stage;
        this.story = stage.story();
        this.out = out;
        sender = new Sender(stage);
        var addresses = Addresses.from(new Settings(stage.environment()));
        queueServer = new RedisServer("queue", addresses.queue(), DEADLINE);
        cacheServer = new RedisServer("cache", addresses.cache(), DEADLINE);
        options = QueueOptions.defaults(addresses.prefix());
        queue = new JobQueue(queueServer, options);
        cache = new TagCache(cacheServer, CacheOptions.defaults(addresses.prefix()));
        Catalog catalog = stage.catalog();
        owed = new Owed(
                queueServer, addresses.prefix(), catalog.frontEnds().values(), Owed.LONGEST_RENDER, Owed.MOST_OWED);
        database = new Database(stage.database(), DatabaseOptions.DEFAULTS.withPoolSize(1));
        story.reads()
                .forEach((name, read) ->
                        values.put(name, Story.ask(catalog, read.path()).orElseThrow()));
    }

    @Override
    public void close() {
        sender.close();
        queueServer.close();
        cacheServer.close();
        database.close();
    }

    /** @return everything that did not come as told; empty when all did */
    public List<String> play() {
        out.accept("\nEach value is read twice: the first read loads it, the second finds it cached.\n");
        story.reads().forEach((name, read) -> {
            var loaded = sender.get(read.path());
            var cached = sender.get(read.path());
            expect("MISS", outcome(loaded), name + " is loaded");
            expect("HIT", outcome(cached), name + " is cached");
            first.put(name, cached.body());
            out.accept("  GET %-42s %s, %s".formatted(read.path(), outcome(loaded), outcome(cached)));
        });
        await(
                "the front end, which is new, was told twice that everything is old",
                () -> stage.frontEnd().calls().size() >= 2);
        story.scenes().forEach(this::play);
        finish();
        return List.copyOf(faults);
    }

    private void play(Scene scene) {
        switch (scene.act()) {
            case Act.Chapter(var text) -> out.accept("\n" + text + "\n");
            case Act.Show(var name) -> {
                var read = Objects.requireNonNull(story.reads().get(name));
                out.accept("\n%s\n\n  %s\n  %s"
                        .formatted(
                                scene.says(),
                                first.get(name),
                                sender.get(read.path()).body()));
            }
            case Act.Outage outage -> outage(scene, outage);
            case Act act -> {
                awaitQuiet();
                stage.frontEnd().forget();
                var before = Instant.now();
                long start = System.nanoTime();
                var answer = perform(scene, act);
                if (isOnlyAnswered(scene)) {
                    say(scene, answer);
                } else {
                    watch(scene, before, start);
                }
                becomesDead(scene);
            }
        }
    }

    private static boolean isOnlyAnswered(Scene scene) {
        return scene.fresh().isEmpty() && scene.told().isEmpty();
    }

    /** Until what depends on a change is fresh and the front end knows, and that nothing else was touched. */
    private void watch(Scene scene, Instant before, long start) {
        long accepted = millisSince(start);
        awaitFresh(scene, before);
        long loaded = millisSince(start);
        await(
                scene.says() + " is confirmed by the front end",
                () -> stage.frontEnd().tags().containsAll(scene.told()));
        long told = millisSince(start);
        settle(scene, before);
        var fresh = loadedSince(before);
        label(
                scene,
                "accepted %4d ms   fresh %4d ms   front end told %4d ms   %s"
                        .formatted(accepted, loaded, told, String.join(", ", fresh)));
    }

    private void awaitFresh(Scene scene, Instant before) {
        await(
                scene.says() + " is applied and its values are loaded again",
                () -> loadedSince(before).containsAll(scene.fresh()));
    }

    /** Until the front end has confirmed twice; then all is counted. */
    private void settle(Scene scene, Instant before) {
        await(
                "the front end has confirmed twice",
                () -> scene.told().isEmpty() || stage.frontEnd().calls().size() >= 2);
        awaitQuiet();
        var fresh = loadedSince(before);
        expect(new TreeSet<>(scene.fresh()), fresh, "loaded again after " + scene.says());
        expect(new TreeSet<>(scene.told()), stage.frontEnd().tags(), "told after " + scene.says());
        rewarmed += fresh.size();
        callbacks += stage.frontEnd().received();
    }

    /** @return status and word of the answer, such as {@code 200 accepted}; empty where nobody answers */
    private String perform(Scene scene, Act act) {
        var now = Instant.now();
        return switch (act) {
            case Act.Webhook webhook -> answered(scene, sender.send(sender.request(webhook, now)), "accepted");
            case Act.Event event -> answered(scene, sender.send(sender.request(event, now)), "accepted");
            case Act.Write write -> answered(scene, sender.send(sender.request(write, now)), "accepted");
            case Act.Get(var path) -> answered(scene, sender.get(path), "");
            case Act.Sql(var text) -> sql(text);
            case Act.Put put -> {
                stage.put(put);
                yield "";
            }
            case Act.Chapter chapter -> "";
            case Act.Show show -> "";
            case Act.Outage outage -> "";
        };
    }

    private String answered(Scene scene, HttpResponse<String> answer, String word) {
        var seen = (answer.statusCode() + " " + word(answer)).strip();
        var wanted = scene.answer().orElse("200 " + word).strip();
        expect(wanted, wanted.contains(" ") ? seen : String.valueOf(answer.statusCode()), "answer to " + scene.says());
        return wanted.contains(" ") ? seen : String.valueOf(answer.statusCode());
    }

    private static String word(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache").orElseGet(() -> {
            try {
                return JSON.readTree(answer.body()).path("status").asText();
            } catch (JsonProcessingException e) {
                return "";
            }
        });
    }

    /** As somebody who knows nothing of Freshet. */
    private String sql(String text) {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(text);
            return "";
        } catch (SQLException e) {
            throw new IllegalStateException("the story's SQL fails: " + text, e);
        }
    }

    private void becomesDead(Scene scene) {
        scene.dead().ifPresent(dead -> {
            await(scene.says() + " is a dead letter", () -> queue.status().dead() >= dead);
            expect(dead, queue.status().dead(), "dead letters after " + scene.says());
            for (var letter : new DeadLetters(queueServer, options).list(DeadFilter.all(), 0, 9)) {
                out.accept("\n    " + letter.job().id() + "  "
                        + letter.job().attempts().getLast().error());
            }
        });
    }

    /** What is accepted meanwhile is done once the server is back. */
    private void outage(Scene scene, Act.Outage outage) {
        awaitQuiet();
        stage.frontEnd().forget();
        var server = stage.server(outage.server());
        server.stop();
        var away = Instant.now();
        outage.scenes().forEach(inner -> say(inner, perform(inner, inner.act())));
        long start = System.nanoTime();
        server.restart();
        await("the reads have their cache again", this::isCaching);
        var before = outage.server() == Server.CACHE ? Instant.now() : away; // a cache comes back empty
        awaitFresh(scene, before);
        long fresh = millisSince(start);
        settle(scene, before);
        out.accept("  %-28s fresh after %d ms".formatted("Redis is back", fresh));
    }

    private boolean isCaching() {
        return queueServer.isConnected()
                && cacheServer.isConnected()
                && story.reads().values().stream()
                        .limit(1)
                        .noneMatch(read -> outcome(sender.get(read.path())).equals("BYPASS"));
    }

    private void finish() {
        awaitQuiet();
        var status = queue.status();
        var counts = Map.of(
                "deliveries", status.count("accepted"),
                "applied", status.count("applied"),
                "rewarmed", rewarmed,
                "callbacks", callbacks,
                "dead", status.dead(),
                "lost", status.missing());
        story.ends().forEach((name, count) -> expect(count, Objects.requireNonNull(counts.get(name)), name));
        out.accept("\n"
                + (faults.isEmpty() ? "Everything came as told." : "Not as told:\n  " + String.join("\n  ", faults)));
        var line = new StringBuilder("fresh:");
        Story.COUNTS.forEach(name -> line.append(' ').append(name).append('=').append(counts.get(name)));
        out.accept(line.toString());
    }

    private void say(Scene scene, String answer) {
        var note = scene.note();
        label(scene, answer + (answer.isEmpty() || note.isEmpty() ? "" : ": ") + note);
    }

    private void label(Scene scene, String text) {
        if (scene.says().length() > LABEL) {
            out.accept("  " + scene.says());
        }
        out.accept("  %-28s %s".formatted(scene.says().length() > LABEL ? "" : scene.says(), text));
    }

    /** Until nothing is under way: no delivery, no change that was captured, and nothing that the front end must be told. */
    private void awaitQuiet() {
        await(
                "nothing is under way any more",
                () -> queueServer.isConnected()
                        && queue.status().inFlight() == 0
                        && owed.status().stream().allMatch(status -> status.owed() == 0));
    }

    /** The names of the values that are cached and were loaded after this moment. */
    private Set<String> loadedSince(Instant moment) {
        var names = new TreeSet<String>();
        values.forEach((name, value) -> cache.read(value.key(), value.view().tags(value.values()))
                .filter(entry -> !entry.loadedAt().isBefore(moment))
                .ifPresent(entry -> names.add(name)));
        return names;
    }

    private static String outcome(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache").orElse("status " + answer.statusCode());
    }

    private void expect(Object wanted, Object seen, String what) {
        if (!wanted.equals(seen)) {
            faults.add(what + ": expected " + wanted + ", was " + seen);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        try {
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    faults.add("waited in vain until " + what);
                    return;
                }
                Thread.sleep(2);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
