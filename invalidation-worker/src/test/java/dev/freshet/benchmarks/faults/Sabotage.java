package dev.freshet.benchmarks.faults;

import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Does at the end of a run what Freshet must never do, and looks whether the comparison sees it: one that could not fail
 * would prove nothing.
 */
final class Sabotage {
    private static final String COUNTS = Stack.PREFIX + ":{q:0}:counts";

    private Sabotage() {}

    /** @return what the comparison did not see */
    static List<String> unnoticed(Stack stack, Ledger ledger, Writer writer) throws SQLException {
        int enrollment = enrollment(stack);
        int note = note(stack);
        var unused = List.of("enrollment:" + enrollment, "note:" + note).stream()
                .map(member -> new Reads(stack.reads).get(Reads.path(member)))
                .toList(); // cached now, if they were not
        try (var connection = stack.connectToDatabase();
                var statement = connection.createStatement()) {
            statement.execute(
                    "insert into enrollments values (%d, 0, 'nobody', 0, 0) on conflict (id) do update set version = 0"
                            .formatted(enrollment));
            statement.execute("set session_replication_role = replica"); // no trigger fires
            statement.execute(
                    "insert into notes values (%d, 0, 0) on conflict (id) do update set version = 0".formatted(note));
        }
        try (var redis = RedisClient.connect(stack.queue.master(), stack.secrets.redis());
                var server = stack.connectToQueue()) {
            redis.call("HINCRBY", COUNTS, "accepted", "1");
            var letters = new DeadLetters(server, stack.queueOptions());
            letters.discard(letters.list(DeadFilter.all(), 0, 1).stream()
                    .map(letter -> letter.job().id())
                    .toList());
        }
        var comparison = new Comparison(stack, ledger, writer);
        comparison.compare();
        var unnoticed = new ArrayList<String>();
        require(unnoticed, "a row that is older", comparison.lost(), "enrollment " + enrollment + " is ");
        require(unnoticed, "a note that is older", comparison.lost(), "note " + note + " is ");
        require(
                unnoticed,
                "a note that is shown though it changed",
                comparison.stale(),
                "the cache shows note:" + note);
        require(unnoticed, "a dead letter that is gone", comparison.lost(), "must be a dead letter");
        require(unnoticed, "a value that is old", comparison.stale(), "the cache shows enrollment:" + enrollment);
        require(unnoticed, "a page that is old", comparison.stale(), "site-1 shows enrollment:" + enrollment);
        require(unnoticed, "a job that is nowhere", comparison.strays(), "missing 1");
        return unnoticed;
    }

    /** One that has a row and that a page shows. Of those that were refused, nothing is compared. */
    private static int enrollment(Stack stack) throws SQLException {
        var shown = stack.sites.getFirst().pages().keySet();
        try (var connection = stack.connectToDatabase()) {
            return Rows.read(connection).all().keySet().stream()
                    .filter(number -> shown.contains("enrollment:" + number))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no page shows an enrollment"));
        }
    }

    private static int note(Stack stack) throws SQLException {
        try (var connection = stack.connectToDatabase()) {
            return Rows.read(connection).notes().keySet().iterator().next();
        }
    }

    private static void require(List<String> unnoticed, String what, List<String> found, String words) {
        if (found.stream().noneMatch(line -> line.startsWith(words))) {
            unnoticed.add(what);
        }
    }
}
