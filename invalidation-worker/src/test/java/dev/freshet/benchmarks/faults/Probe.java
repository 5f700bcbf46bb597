package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Delivery.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One fresh delivery, followed until it is applied, shown and told. */
final class Probe {
    /** The first enrollment that only probes change. */
    static final int FIRST = 1_000_000;

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final Stack stack;
    private final Senders senders;
    private final Ledger ledger;
    private final Reads reads;

    Probe(Stack stack, Senders senders, Ledger ledger) {
        this.stack = stack;
        this.senders = senders;
        this.ledger = ledger;
        this.reads = new Reads(stack.reads);
    }

    /**
     * @param number of the fault
     * @return how long it took; throws when it does not come about
     */
    Duration follow(int number) {
        long start = System.nanoTime();
        int enrollment = FIRST + number;
        var member = "enrollment:" + enrollment;
        reads.get(Reads.path(member)); // so that there is something to invalidate
        var sent = Instant.now();
        var delivery = ledger.add(enrollment, FIRST + number, Kind.SAVED, false);
        senders.deliver(delivery);
        await("answered", delivery, delivery::isAccepted);
        await("applied", delivery, () -> isApplied(delivery));
        await(
                "shown",
                delivery,
                () -> reads.get(Reads.path(member))
                        .filter(value -> Rows.parse(value).path("version").asLong() == delivery.number)
                        .isPresent());
        for (var site : stack.sites) {
            await(
                    "told to " + site.name(),
                    delivery,
                    () -> site.told(member).isAfter(sent)
                            && site.told("/enrollments/" + enrollment).isAfter(sent));
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void await(String what, Delivery delivery, java.util.function.BooleanSupplier condition) {
        if (!Wait.reached(PATIENCE, condition)) {
            throw new IllegalStateException("a probe was not " + what + " in " + PATIENCE + ": " + delivery);
        }
    }

    private @Nullable Connection connection;

    private boolean isApplied(Delivery delivery) {
        try {
            var open = connection;
            if (open == null || !open.isValid(3)) {
                open = stack.connectToDatabase();
                connection = open;
            }
            try (var statement = open.prepareStatement("select version from enrollments where id = ?")) {
                statement.setLong(1, delivery.enrollment);
                var row = statement.executeQuery();
                return row.next() && row.getLong(1) == delivery.number;
            }
        } catch (SQLException e) {
            return false;
        }
    }
}
