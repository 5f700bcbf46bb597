package dev.freshet.cache;

import dev.freshet.cache.Choices.Copy;
import dev.freshet.cache.Scenario.Row;
import dev.freshet.cache.World.Contents;
import dev.freshet.model.Tag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One moment of a scenario: the database, Redis, what everybody knows and what is under way. Changed only while new. */
final class State {
    final Scenario scenario;
    final boolean sharesLoads;
    /** Which process of Redis runs. */
    int process;

    Contents redis = Contents.NOTHING;
    /** What the next process will start with, once that was written to disk. */
    @Nullable Contents saved;

    List<Actor> actors;
    List<Copy> copies = List.of();
    /** The database: a version for each tag. */
    List<Integer> versions;
    /** For each row and each of its tags the newest version whose invalidation was acknowledged. */
    List<List<Integer>> floors;

    int evictions;
    int repeats;
    int restarts;

    @Nullable String violation;

    State(Scenario scenario, boolean sharesLoads, List<Integer> versions, List<List<Integer>> floors) {
        this.scenario = scenario;
        this.sharesLoads = sharesLoads;
        this.actors = scenario.actors();
        this.versions = versions;
        this.floors = floors;
        this.evictions = scenario.evictions();
        this.repeats = scenario.repeats();
        this.restarts = scenario.restarts();
    }

    State copy() {
        var copy = new State(scenario, sharesLoads, versions, floors);
        copy.process = process;
        copy.redis = redis;
        copy.saved = saved;
        copy.actors = actors;
        copy.copies = copies;
        copy.evictions = evictions;
        copy.repeats = repeats;
        copy.restarts = restarts;
        copy.violation = violation;
        return copy;
    }

    /** Everything that may happen next. */
    List<Choices.Move> moves() {
        var choices = new Choices(this);
        for (int i = 0; i < actors.size(); i++) {
            actors.get(i).moves(this, i, choices);
        }
        copies.stream().distinct().forEach(choices::arrive);
        if (evictions > 0) {
            redis.names()
                    .forEach(name -> choices.quiet("redis loses " + name, next -> {
                        next.evictions--;
                        next.redis = redis.without(name);
                    }));
        }
        if (restarts > 0 && saved == null) {
            choices.quiet("redis saves", next -> next.saved = redis);
        }
        var onDisk = saved;
        if (onDisk != null) {
            choices.quiet("redis restarts from what was saved", next -> {
                next.process++;
                next.restarts--;
                next.redis = onDisk;
                next.saved = null;
                next.copies = List.of(); // they were on their way to the process that is gone
            });
        }
        return choices.all();
    }

    Row row(int row) {
        return scenario.rows().get(row);
    }

    /** What a load of a row brings now. */
    List<Integer> load(int row) {
        return row(row).tags().stream().map(this::version).toList();
    }

    int version(Tag tag) {
        return versions.get(scenario.tags().indexOf(tag));
    }

    void commit(Tag tag) {
        versions = with(versions, scenario.tags().indexOf(tag), version(tag) + 1);
    }

    /** From now on no read of a row may bring an older version. */
    void acknowledge(int row, Tag tag, int version) {
        int place = row(row).tags().indexOf(tag);
        if (place >= 0) {
            var floor = floors.get(row);
            floors = with(floors, row, with(floor, place, Math.max(floor.get(place), version)));
        }
    }

    void acknowledge(Tag tag, int version) {
        for (int row = 0; row < floors.size(); row++) {
            acknowledge(row, tag, version);
        }
    }

    /** Notes when a caller got what it may not get. */
    void returned(String who, String content, List<Integer> floor) {
        if (isOlder(content, floor)) {
            violation = who + " got " + content + " where " + floor + " was acknowledged";
        }
    }

    void become(int me, Actor actor) {
        actors = with(actors, me, actor);
    }

    void addCopy(Copy copy) {
        copies = new ArrayList<>(copies);
        copies.add(copy);
    }

    void removeCopy(Copy copy) {
        copies = new ArrayList<>(copies);
        copies.remove(copy);
    }

    /** The same for states between which only times and random names differ. */
    UUID fingerprint() {
        var names = new EpochNames();
        var text = new StringBuilder().append(process).append(names.of(redis));
        text.append(saved == null ? "-" : names.of(saved));
        actors.forEach(actor -> text.append(actor.describe(names)).append('\n'));
        copies.stream().map(copy -> copy.describe(names)).sorted().forEach(text::append);
        text.append(versions).append(floors).append(evictions).append(repeats).append(restarts);
        text.append(violation);
        return hash(text.toString());
    }

    /** The same for states in which a reader who comes now would get, and may get, the same. */
    UUID visible() {
        return hash(process + new EpochNames().of(redis) + floors);
    }

    private static UUID hash(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isOlder(String content, List<Integer> floor) {
        var versions = content.split(",", -1);
        return IntStream.range(0, floor.size()).anyMatch(i -> Integer.parseInt(versions[i]) < floor.get(i));
    }

    private static <T> List<T> with(List<T> list, int index, T value) {
        var changed = new ArrayList<>(list);
        changed.set(index, value);
        return List.copyOf(changed);
    }
}
