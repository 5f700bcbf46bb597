package dev.freshet.benchmarks.faults;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/** Read all the time, and notice whatever is older than a change that somebody was told of before the read began. */
final class Readers implements AutoCloseable {
    private static final int READERS = 4;
    private static final int REST_MILLIS = 40;

    private final Reads reads;
    private final Ledger ledger;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> stale = new CopyOnWriteArrayList<>();
    private final LongAdder answered = new LongAdder();
    private final LongAdder compared = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile boolean stopped;

    Readers(URI serve, Ledger ledger) {
        this.reads = new Reads(serve);
        this.ledger = ledger;
        for (int i = 0; i < READERS; i++) {
            threads.execute(this::run);
        }
    }

    /** A sentence for each read that was too old. */
    List<String> stale() {
        return List.copyOf(stale);
    }

    long answered() {
        return answered.sum();
    }

    /** Reads of which somebody could say how new they must be. */
    long compared() {
        return compared.sum();
    }

    long failed() {
        return failed.sum();
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
    }

    private void run() {
        var random = ThreadLocalRandom.current();
        while (!stopped) {
            try {
                int draw = random.nextInt(6);
                if (draw == 0) {
                    readNotes(random);
                } else if (draw == 1) {
                    readCourse(random.nextInt(Senders.COURSES));
                } else {
                    readEnrollment(random.nextInt(Senders.ENROLLMENTS));
                }
                Thread.sleep(random.nextInt(REST_MILLIS));
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                stale.add("a read answered what is no value: " + e);
            }
        }
    }

    /** Nobody knows when a note must be new; how it ends is compared. */
    private void readNotes(RandomGenerator random) {
        read("note:" + random.nextInt(Writer.NOTES), value -> {});
        read("shelf:" + random.nextInt(Writer.SHELVES), value -> {});
    }

    private void readEnrollment(int enrollment) {
        long least = ledger.confirmed(enrollment);
        var begun = Instant.now();
        read("enrollment:" + enrollment, value -> {
            if (least > 0) {
                compared.increment();
                boolean isGone = value.isNull();
                if (isGone
                        ? !ledger.mayBeGone(enrollment, least)
                        : value.path("version").asLong() < least) {
                    stale.add("enrollment %d read at %s is %s, must be %d or newer"
                            .formatted(enrollment, begun, value, least));
                }
            }
        });
    }

    private void readCourse(int course) {
        var least = new long[Senders.ENROLLMENTS];
        for (int enrollment = 0; enrollment < least.length; enrollment++) {
            least[enrollment] = ledger.confirmed(enrollment);
        }
        var begun = Instant.now();
        read("course:" + course, value -> {
            compared.increment();
            value.forEach(row -> {
                int enrollment = row.path("id").asInt();
                if (enrollment < least.length && row.path("version").asLong() < least[enrollment]) {
                    stale.add("course %d read at %s holds %s, must be %d or newer"
                            .formatted(course, begun, row, least[enrollment]));
                }
            });
        });
    }

    private void read(String member, java.util.function.Consumer<JsonNode> compare) {
        reads.get(Reads.path(member))
                .ifPresentOrElse(
                        value -> {
                            answered.increment();
                            compare.accept(Rows.parse(value));
                        },
                        failed::increment);
    }
}
