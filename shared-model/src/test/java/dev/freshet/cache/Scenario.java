package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Who acts at the same time, and what may befall them.
 *
 * @param rows what is cached; its value is the versions of its tags
 * @param evictions how many keys Redis may lose, by eviction, expiry or by hand
 * @param repeats how many commands may be executed a second time
 * @param restarts 1 when Redis may come back with what it held at some earlier moment, else 0
 */
record Scenario(String name, List<Row> rows, List<Actor> actors, int evictions, int repeats, int restarts) {
    private static final Tag A = new Tag("a");
    private static final Tag B = new Tag("b");
    private static final Row OF_A = new Row("row-of-a", List.of(A));
    private static final Row OF_AB = new Row("row-of-ab", List.of(A, B));

    /** A cached value and its tags, sorted. */
    record Row(String key, List<Tag> tags) {}

    /** Each way in which a protocol can go wrong, in as few acts as possible. */
    static List<Scenario> small() {
        return List.of(
                new Scenario("restart", List.of(OF_A), List.of(rewarm(1, 0), reader(1, 0), write(1, A)), 1, 0, 1),
                new Scenario("eviction", List.of(OF_A), List.of(rewarm(1, 0), reader(1, 0), write(1, A)), 2, 0, 0),
                new Scenario("two writers", List.of(OF_AB), List.of(rewarm(1, 0), write(1, A), write(2, B)), 1, 0, 0),
                new Scenario(
                        "two keys", List.of(OF_A, OF_AB), List.of(rewarm(1, 0), rewarm(2, 1), write(1, A)), 1, 0, 0),
                new Scenario("sent twice", List.of(OF_A), List.of(rewarm(1, 0), reader(1, 0), write(1, A)), 0, 2, 0),
                new Scenario("delete", List.of(OF_A), List.of(rewarm(1, 0), rewarm(2, 0), delete(1, A, 0)), 1, 0, 0));
    }

    /** The same with more at once. */
    static List<Scenario> large() {
        return List.of(
                new Scenario("everything", List.of(OF_A), List.of(rewarm(1, 0), reader(1, 0), write(1, A)), 1, 1, 1),
                new Scenario(
                        "two writers of a tag",
                        List.of(OF_A),
                        List.of(rewarm(1, 0), reader(1, 0), write(1, A), write(2, A)),
                        2,
                        0,
                        0),
                new Scenario(
                        "three loaders",
                        List.of(OF_A),
                        List.of(rewarm(1, 0), rewarm(2, 0), reader(1, 0), write(1, A)),
                        1,
                        1,
                        0),
                new Scenario(
                        "two keys, two tags",
                        List.of(OF_A, OF_AB),
                        List.of(rewarm(1, 0), reader(1, 1), write(1, A), write(2, B)),
                        2,
                        0,
                        0),
                new Scenario(
                        "two keys, two tags, restart",
                        List.of(OF_A, OF_AB),
                        List.of(rewarm(1, 0), rewarm(2, 1), write(1, A), write(2, B)),
                        1,
                        0,
                        1),
                new Scenario(
                        "three sent twice", List.of(OF_A), List.of(rewarm(1, 0), rewarm(2, 0), write(1, A)), 0, 3, 0),
                new Scenario(
                        "delete and invalidation",
                        List.of(OF_A),
                        List.of(rewarm(1, 0), reader(1, 0), delete(1, A, 0), write(1, A)),
                        1,
                        0,
                        0));
    }

    @Override
    public String toString() {
        return name;
    }

    List<Tag> tags() {
        return rows.stream()
                .flatMap(row -> row.tags().stream())
                .distinct()
                .sorted()
                .toList();
    }

    State start(boolean sharesLoads) {
        var floors = rows.stream()
                .map(row -> row.tags().stream().map(tag -> 0).toList())
                .toList();
        var versions = IntStream.range(0, tags().size()).mapToObj(tag -> 0).toList();
        return new State(this, sharesLoads, versions, floors);
    }

    private static Actor rewarm(int number, int row) {
        return LoadActor.rewarm("rewarm-" + number, row);
    }

    private static Actor reader(int number, int row) {
        return LoadActor.reader("reader-" + number, row);
    }

    private static Actor write(int number, Tag tag) {
        return new WriteActor("write-" + number, tag, -1, WriteActor.Phase.START, 0);
    }

    private static Actor delete(int number, Tag tag, int row) {
        return new WriteActor("delete-" + number, tag, row, WriteActor.Phase.START, 0);
    }
}
