package dev.freshet.worker.dev;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Asked;
import dev.freshet.catalog.Story.Scene;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.View.Source;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.QueueOptions;
import java.net.http.HttpResponse;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Plays the story of a stage, says what comes of it, and remembers what did not come as the story tells it. */
public final class Player implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Longer labels have a line of their own. */
    private static final int LABEL = 28;

    private final Stage stage;
    private final Story story;
    private final Consumer<String> out;
    private final Duration patience;
    private final App app;
    /** What is read, by the name of the read. */
    private final Map<String, Asked> values = new LinkedHashMap<>();

    /** What leaderboards said before the scene. */
    private final Map<String, String> boards = new LinkedHashMap<>();

    private final Map<String, String> first = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private boolean isBlank;
    private long rewarmed;
    private long callbacks;

    /** @param out is given the lines that are to be shown */
    public Player(Stage stage, Consumer<String> out) {
        this(stage, out, PATIENCE);
    }

    /** @param patience how long anything is waited for */
    Player(Stage stage, Consumer<String> out, Duration patience) {
        this.patience = patience;
        this.stage = stage;
        this.story = stage.story();
        this.out = out;
        app = new App(stage);
        story.reads().forEach((name, read) -> values.put(name, app.ask(read)));
    }

    @Override
    public void close() {
        app.close();
    }

    /** @return everything that did not come as told; empty when all did */
    public List<String> play() {
        awaitQuiet();
        chapter("Each value is read twice: the first read loads it, the second finds it cached.");
        story.reads().forEach((name, read) -> {
            var loaded = app.get(read);
            var cached = app.get(read);
            if (app.ask(read).view().warm().isEmpty()) {
                expect("MISS", App.outcome(loaded), name + " is loaded");
            }
            expect("HIT", App.outcome(cached), name + " is cached");
            first.put(name, cached.body());
            line("  GET %-42s %s, %s"
                    .formatted(read.path() + story.as(read), App.outcome(loaded), App.outcome(cached)));
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
            case Act.Chapter(var text) -> chapter(text);
            case Act.Show(var name) -> {
                var read = Objects.requireNonNull(story.reads().get(name));
                chapter(scene.says());
                line("  " + first.get(name));
                line("  " + app.get(read).body());
            }
            case Act.Outage outage -> outage(scene, outage);
            case Act act -> play(scene, act);
        }
    }

    private void play(Scene scene, Act act) {
        awaitQuiet();
        rememberBoards();
        stage.frontEnd().forget();
        var before = Instant.now();
        long start = System.nanoTime();
        var answer = perform(scene, act);
        if (!answer.isAsTold()) {
            label(scene, answer.text());
            return;
        }
        if (isOnlyAnswered(scene)) {
            say(scene, answer);
            untouched(scene, before);
        } else {
            watch(scene, before, start);
        }
        becomesDead(scene);
        expectNothingStale(scene);
    }

    /** What is made of SQL; what asks the clock or chance need not be the same twice, nor what is made of files. */
    private void expectNothingStale(Scene scene) {
        var reads = new LinkedHashMap<>(story.reads());
        reads.keySet().removeIf(name -> {
            var view = Objects.requireNonNull(values.get(name)).view();
            return !view.audit() && !(view.source() instanceof Source.Board);
        });
        expect(List.of(), app.stale(reads), "old after " + scene.says());
    }

    /** What asks for nothing to become fresh leaves everything as it is, except that a read may load. */
    private void untouched(Scene scene, Instant before) {
        awaitQuiet();
        if (!(scene.act() instanceof Act.Get)) {
            expect(new TreeSet<String>(), loadedSince(before), "loaded again after " + scene.says());
        }
        expect(new TreeSet<String>(), stage.frontEnd().tags(), "told after " + scene.says());
    }

    private static boolean isOnlyAnswered(Scene scene) {
        return scene.fresh().isEmpty() && scene.told().isEmpty();
    }

    /** Until what depends on a change is fresh and the front end knows, and that nothing else was touched. */
    private void watch(Scene scene, Instant before, long start) {
        long accepted = millisSince(start);
        boolean isFresh = awaitFresh(scene, before);
        long loaded = millisSince(start);
        boolean isTold = isFresh
                && await(
                        scene.says() + " is confirmed by the front end",
                        () -> stage.frontEnd().tags().containsAll(told(scene)));
        long told = millisSince(start);
        if (!isTold) {
            expectTouched(scene, before);
            return;
        }
        settle(scene, before);
        var fresh = loadedSince(before);
        label(
                scene,
                "%s %4d ms   fresh %4d ms   front end told %4d ms   %s"
                        .formatted(
                                scene.act() instanceof Act.Sql ? "committed" : "accepted",
                                accepted,
                                loaded,
                                told,
                                String.join(", ", fresh)));
    }

    private static Set<String> told(Scene scene) {
        return scene.told().stream()
                .map(tag -> Story.filled(tag, Instant.now()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private boolean awaitFresh(Scene scene, Instant before) {
        return await(
                () -> scene.says() + " is applied and its values are loaded again: " + missing(scene, before),
                () -> loadedSince(before).containsAll(scene.fresh()));
    }

    /** Which reads did not become fresh, and what is known of each. */
    private String missing(Scene scene, Instant before) {
        var fresh = loadedSince(before);
        return scene.fresh().stream()
                .filter(name -> !fresh.contains(name))
                .map(name -> name + ": " + state(name))
                .collect(Collectors.joining("; "));
    }

    private String state(String name) {
        if (boards.containsKey(name)) {
            return "its answer is as before";
        }
        return app.loadedAt(Objects.requireNonNull(values.get(name)))
                .map(at -> "still the value loaded at " + at)
                .orElse("nothing is cached");
    }

    /** Until the front end has confirmed twice; then all is counted. */
    private void settle(Scene scene, Instant before) {
        await(
                "the front end has confirmed twice",
                () -> scene.told().isEmpty() || stage.frontEnd().calls().size() >= 2);
        expectTouched(scene, before);
    }

    private void expectTouched(Scene scene, Instant before) {
        awaitQuiet();
        var fresh = loadedSince(before);
        expect(new TreeSet<>(scene.fresh()), fresh, "loaded again after " + scene.says());
        expect(told(scene), stage.frontEnd().tags(), "told after " + scene.says());
        rewarmed += fresh.size();
        callbacks += stage.frontEnd().received();
    }

    /** @param text status and word, such as {@code 200 accepted}; empty where nobody answers */
    private record Answer(String text, boolean isAsTold) {
        static final Answer NONE = new Answer("", true);
    }

    private Answer perform(Scene scene, Act act) {
        return switch (act) {
            case Act.Webhook webhook -> answered(scene, app.send(webhook), "accepted");
            case Act.Event event -> answered(scene, app.send(event), "accepted");
            case Act.Write write -> answered(scene, app.send(write), "accepted");
            case Act.Get(var read) -> answered(scene, app.get(read), "");
            case Act.Sql(var text) -> {
                app.sql(text);
                yield Answer.NONE;
            }
            case Act.Put put -> {
                stage.put(put);
                yield Answer.NONE;
            }
            case Act.Chapter chapter -> Answer.NONE;
            case Act.Show show -> Answer.NONE;
            case Act.Outage outage -> Answer.NONE;
        };
    }

    private Answer answered(Scene scene, HttpResponse<String> answer, String word) {
        var wanted = scene.answer().orElse("200 " + word).strip();
        var status = String.valueOf(answer.statusCode());
        var seen = wanted.contains(" ") ? (status + " " + word(answer)).strip() : status;
        if (seen.equals(wanted)) {
            return new Answer(seen, true);
        }
        boolean isRead = answer.headers().firstValue("X-Cache").isPresent();
        var whole = status + " " + (isRead ? word(answer) : answer.body().strip());
        faults.add("answer to " + scene.says() + ": expected " + wanted + ", was " + whole);
        return new Answer(whole, false);
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

    private void becomesDead(Scene scene) {
        scene.dead().ifPresent(dead -> {
            await(scene.says() + " is a dead letter", () -> app.queue().dead() >= dead);
            expect(dead, app.queue().dead(), "dead letters after " + scene.says());
            for (var letter : new DeadLetters(
                            app.queueServer(), QueueOptions.defaults(stage.setting("REDIS_KEY_PREFIX")))
                    .list(DeadFilter.all(), 0, 9)) {
                blank();
                line("    " + letter.job().id() + "  "
                        + letter.job().attempts().getLast().error());
            }
        });
    }

    /** What is accepted meanwhile is done once the server is back. */
    private void outage(Scene scene, Act.Outage outage) {
        awaitQuiet();
        rememberBoards();
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
        expectNothingStale(scene);
        line("  %-28s fresh after %d ms".formatted("Redis is back", fresh));
    }

    private boolean isCaching() {
        return app.queueServer().isConnected()
                && app.cacheServer().isConnected()
                && story.reads().values().stream()
                        .limit(1)
                        .noneMatch(read -> App.outcome(app.get(read)).equals("BYPASS"));
    }

    private void finish() {
        awaitQuiet();
        var status = app.queue();
        var counts = Map.of(
                "deliveries", status.count("accepted"),
                "applied", status.count("applied"),
                "rewarmed", rewarmed,
                "callbacks", callbacks,
                "dead", status.dead(),
                "lost", status.missing());
        story.ends().forEach((name, count) -> expect(count, Objects.requireNonNull(counts.get(name)), name));
        blank();
        line(faults.isEmpty() ? "Everything came as told." : "Not as told:\n  " + String.join("\n  ", faults));
        var line = new StringBuilder("fresh:");
        Story.COUNTS.forEach(name -> line.append(' ').append(name).append('=').append(counts.get(name)));
        line(line.toString());
    }

    private void say(Scene scene, Answer answer) {
        var note = scene.note();
        var text = answer.text();
        label(scene, text + (text.isEmpty() || note.isEmpty() ? "" : ": ") + note);
    }

    private void label(Scene scene, String text) {
        if (scene.says().length() > LABEL) {
            line("  " + scene.says());
        }
        line("  %-28s %s".formatted(scene.says().length() > LABEL ? "" : scene.says(), text));
    }

    private void chapter(String text) {
        blank();
        line(text);
        blank();
    }

    /** One empty line, however many are asked for. */
    private void blank() {
        if (!isBlank) {
            line("");
        }
    }

    private void line(String text) {
        out.accept(text);
        isBlank = text.isEmpty();
    }

    private void awaitQuiet() {
        await("nothing is under way any more", app::isQuiet);
    }

    /** The names of the values that are cached and were loaded after this moment. */
    private Set<String> loadedSince(Instant moment) {
        var names = new TreeSet<String>();
        values.forEach((name, value) ->
                app.loadedAt(value).filter(at -> !at.isBefore(moment)).ifPresent(at -> names.add(name)));
        boards.forEach((name, said) -> {
            if (said.equals(board(name))) {
                names.remove(name);
            } else {
                names.add(name);
            }
        });
        return names;
    }

    /** Leaderboards move without being loaded, so of them what they say is looked at. */
    private void rememberBoards() {
        values.forEach((name, value) -> {
            if (value.view().source() instanceof Source.Board) {
                boards.put(name, board(name));
            }
        });
    }

    private String board(String name) {
        return app.get(Objects.requireNonNull(story.reads().get(name))).body();
    }

    private void expect(Object wanted, Object seen, String what) {
        if (!wanted.equals(seen)) {
            faults.add(what + ": expected " + wanted + ", was " + seen);
        }
    }

    private boolean await(String what, BooleanSupplier condition) {
        return await(() -> what, condition);
    }

    /** @return false when the deadline came first, which is said at once */
    private boolean await(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() > end) {
                    var fault = "waited in vain until " + what.get();
                    faults.add(fault);
                    line("  " + fault);
                    return false;
                }
                Thread.sleep(2);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
