package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Delivery.Kind;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueAudit;
import dev.freshet.redis.RedisServer;
import dev.freshet.worker.frontend.Owed;
import io.lettuce.core.RedisException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What must be true when all has come to rest: what was answered 200 against what is there. */
final class Comparison {
    private static final Duration REST = Duration.ofMinutes(4);

    private static final int TRIES = 5;

    private final Stack stack;
    private final Ledger ledger;
    private final Writer writer;
    private final List<String> lost = new ArrayList<>();
    private final List<String> stale = new ArrayList<>();
    private final List<String> strays = new ArrayList<>();
    private int dead;
    private int pages;
    private int values;
    private int records;

    Comparison(Stack stack, Ledger ledger, Writer writer) {
        this.stack = stack;
        this.ledger = ledger;
        this.writer = writer;
    }

    /** What was answered 200 and did not take effect, a line each. */
    List<String> lost() {
        return lost;
    }

    /** What is still shown though it changed. */
    List<String> stale() {
        return stale;
    }

    /** What stands in no place of the queue, or in two. */
    List<String> strays() {
        return strays;
    }

    int dead() {
        return dead;
    }

    int pages() {
        return pages;
    }

    int records() {
        return records;
    }

    int values() {
        return values;
    }

    void compare() throws SQLException {
        try (var server = stack.connectToQueue()) {
            var queue = new JobQueue(server, stack.queueOptions());
            var owed = new Owed(
                    server, Stack.PREFIX, stack.catalog.frontEnds().values(), Owed.LONGEST_RENDER, Owed.MOST_OWED);
            if (!Wait.reached(REST, () -> waiting() == 0 && isAtRest(queue, owed))) {
                lost.add("the queue did not come to rest: before it %d, %s".formatted(waiting(), queue.status()));
                owed.status().stream().filter(one -> one.owed() > 0).forEach(one -> lost.add("owed still: " + one));
            }
            auditQueue(queue.audit());
            compareDeadLetters(server);
        }
        Rows rows;
        try (var connection = stack.connectToDatabase()) {
            rows = Rows.read(connection);
        }
        compareRows(rows);
        compareNotes(rows);
        compareRecords();
        compareValues(rows);
        comparePages(rows);
    }

    private static boolean isAtRest(JobQueue queue, Owed owed) {
        try {
            return queue.status().inFlight() == 0 && owed.status().stream().allMatch(one -> one.owed() == 0);
        } catch (RedisException e) {
            return false;
        }
    }

    /** Deliveries and changes that wait in PostgreSQL until the queue takes them; negative when nobody knows. */
    private long waiting() {
        try (var connection = stack.connectToDatabase();
                var statement = connection.createStatement();
                var answer =
                        statement.executeQuery("select (select count(*) from freshet.deliveries where job is not null)"
                                + " + (select count(*) from freshet.outbox)")) {
            answer.next();
            return answer.getLong(1);
        } catch (SQLException e) {
            return -1;
        }
    }

    private void auditQueue(QueueAudit audit) {
        audit.strays().forEach(stray -> strays.add(String.valueOf(stray)));
        if (audit.missing() != 0) {
            strays.add("missing %d: %s".formatted(audit.missing(), audit.partitions()));
        }
    }

    private void compareDeadLetters(RedisServer server) {
        var letters = new DeadLetters(server, stack.queueOptions())
                .list(DeadFilter.all(), 0, 100_000).stream()
                        .collect(Collectors.toMap(letter -> letter.job().id(), letter -> letter));
        dead = letters.size();
        var meant = ledger.all().stream()
                .filter(delivery -> delivery.kind == Kind.REFUSED)
                .collect(Collectors.toMap(Delivery::jobId, delivery -> delivery));
        meant.values().stream()
                .filter(delivery -> delivery.isAccepted() && !letters.containsKey(delivery.jobId()))
                .forEach(delivery -> lost.add("must be a dead letter: " + delivery));
        letters.forEach((id, letter) -> {
            if (!meant.containsKey(id)) {
                lost.add("is a dead letter: " + id + " " + letter.job().attempts());
            }
        });
    }

    private void compareRows(Rows rows) {
        var byEnrollment = ledger.all().stream()
                .filter(delivery -> delivery.kind != Kind.REFUSED)
                .collect(Collectors.groupingBy(delivery -> delivery.enrollment));
        byEnrollment.forEach((enrollment, deliveries) -> {
            deliveries.sort(Comparator.comparingLong(delivery -> delivery.number));
            long newest = deliveries.stream()
                    .filter(Delivery::isAccepted)
                    .mapToLong(delivery -> delivery.number)
                    .max()
                    .orElse(0);
            var row = rows.all().get(enrollment);
            boolean isUnknown = newest == 0 && row == null;
            boolean matches = deliveries.stream()
                    .filter(delivery -> delivery.number >= newest)
                    .anyMatch(delivery -> isRow(delivery, row));
            if (!matches && !isUnknown) {
                lost.add("enrollment %d is %s, must be as %d says".formatted(enrollment, row, newest));
                deliveries.stream()
                        .filter(delivery -> delivery.number >= newest - 500)
                        .forEach(delivery -> lost.add("  " + delivery));
            }
        });
        var known = new HashSet<>(byEnrollment.keySet());
        rows.all().keySet().stream()
                .filter(id -> !known.contains(id))
                .forEach(id -> lost.add("enrollment " + id + " comes from nowhere"));
    }

    private void compareNotes(Rows rows) {
        for (int id = 0; id < Writer.NOTES; id++) {
            var wrong = writer.wrong(id, rows.notes().get(id));
            if (!wrong.isEmpty()) {
                lost.add(wrong);
            }
        }
    }

    /** An enrollment that was dropped has no row. */
    private static boolean isRow(Delivery delivery, Rows.@org.jspecify.annotations.Nullable Row row) {
        if (row == null || delivery.kind == Kind.DROPPED) {
            return row == null && delivery.kind == Kind.DROPPED;
        }
        return row.equals(new Rows.Row(
                delivery.course,
                delivery.number,
                (int) (delivery.number % 101),
                "learner" + delivery.enrollment + Secrets.MAIL_DOMAIN));
    }

    /** Whatever was answered 2xx can be found. */
    private void compareRecords() throws SQLException {
        var states = new HashMap<String, String>();
        try (var connection = stack.connectToDatabase();
                var statement = connection.createStatement();
                var found = statement.executeQuery("select id, state from freshet.deliveries")) {
            while (found.next()) {
                states.put(found.getString(1), found.getString(2));
            }
        }
        records = states.size();
        ledger.all().stream().filter(Delivery::isAccepted).forEach(delivery -> {
            var state = states.getOrDefault(delivery.jobId(), "not there");
            if (!state.equals(delivery.kind == Kind.REFUSED ? "dead" : "done")) {
                lost.add("its record is " + state + ": " + delivery);
            }
        });
    }

    private void compareValues(Rows rows) {
        var reads = new Reads(stack.reads);
        var members = new TreeSet<String>();
        ledger.all().forEach(delivery -> {
            members.add("enrollment:" + delivery.enrollment);
            members.add("course:" + delivery.course);
        });
        for (int note = 0; note < Writer.NOTES; note++) {
            members.add("note:" + note);
            members.add("shelf:" + note % Writer.SHELVES);
        }
        for (var member : members) {
            values++;
            var value = value(reads, Reads.path(member));
            if (value.equals("nothing") || !rows.isSame(member, value)) {
                stale.add("the cache shows %s as %s, must be %s".formatted(member, value, rows.view(member)));
            }
        }
    }

    private static String value(Reads reads, String path) {
        var value = reads.get(path);
        for (int tries = 1; value.isEmpty() && tries < TRIES; tries++) {
            value = reads.get(path);
        }
        return value.orElse("nothing");
    }

    private void comparePages(Rows rows) {
        for (var site : stack.sites) {
            site.pages().forEach((member, value) -> {
                pages++;
                if (!rows.isSame(member, value)) {
                    stale.add("%s shows %s as %s, must be %s, told at %s"
                            .formatted(site.name(), member, value, rows.view(member), site.told(member)));
                }
            });
        }
    }

    /** Which secrets and addresses Freshet's processes have written into their logs. */
    static List<String> leaks(Stack stack) {
        var words = new HashMap<String, String>();
        stack.secrets
                .all()
                .forEach(secret -> words.put(secret, "a secret, " + secret.replaceAll("\\p{XDigit}{32}$", "")));
        words.put(Secrets.MAIL_DOMAIN, "an address");
        return stack.jvms().stream().flatMap(jvm -> leaks(jvm, words)).toList();
    }

    private static Stream<String> leaks(Jvm jvm, Map<String, String> words) {
        return jvm.said()
                .lines()
                .flatMap(line -> words.entrySet().stream()
                        .filter(word -> line.contains(word.getKey()))
                        .map(word -> jvm.name() + " wrote " + word.getValue() + ": " + line));
    }
}
