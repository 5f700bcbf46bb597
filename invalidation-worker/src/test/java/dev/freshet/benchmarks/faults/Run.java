package dev.freshet.benchmarks.faults;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;

/** One run: a load, faults of one seed, and the comparison at the end. */
final class Run {
    /** Faults that may happen at the same time. */
    private static final int HANDS = 3;

    private static final Duration FLUSH = Duration.ofMinutes(3);

    /**
     * How it ended.
     *
     * @param lost what was answered 200 and took no effect, what did not recover among it
     * @param stale what was or is shown though it changed
     * @param strays what stands in no place of the queue, or in two
     * @param leaks of secrets and addresses
     * @param unnoticed of what was broken on purpose afterwards, so that the comparison can be trusted
     */
    record Outcome(long seed, int faults, int kinds, int lost, int stale, int strays, int leaks, int unnoticed) {
        boolean isGood() {
            return lost + stale + strays + leaks + unnoticed == 0;
        }

        @Override
        public String toString() {
            return "seed=%d faults=%d kinds=%d lost=%d stale=%d strays=%d leaks=%d unnoticed=%d"
                    .formatted(seed, faults, kinds, lost, stale, strays, leaks, unnoticed);
        }

        String json() {
            return "{\"%s}".formatted(toString().replace("=", "\":").replace(" ", ",\""));
        }
    }

    private final long seed;
    private final List<Kinds.Planned> plan;
    private final Path folder;
    private final int perSecond;
    private final Report report;
    private final Map<String, ReentrantLock> targets = new ConcurrentHashMap<>();

    /**
     * @param perSecond deliveries that the senders begin with
     * @param folder where the logs go; it is removed after a run that ended well
     */
    Run(long seed, List<Kinds.Planned> plan, int perSecond, Path folder, PrintStream out) {
        this.seed = seed;
        this.plan = plan;
        this.perSecond = perSecond;
        this.folder = folder;
        this.report = new Report(out);
    }

    Outcome play() throws IOException, SQLException, InterruptedException {
        delete(folder);
        Files.createDirectories(folder);
        Outcome outcome;
        try (var stack = new Stack(folder)) {
            outcome = play(stack);
        }
        if (outcome.isGood()) {
            delete(folder);
        } else {
            report.say("logs of all processes: " + folder);
        }
        return outcome;
    }

    private Outcome play(Stack stack) throws SQLException, InterruptedException {
        stack.jvms().forEach(jvm -> Wait.until(Jvm.START, jvm::isUp));
        requireCaptured(stack);
        var ledger = new Ledger();
        long start = System.nanoTime();
        try (var writer = new Writer(stack, Math.max(1, perSecond / 4), seed);
                var senders = new Senders(stack, ledger, perSecond, seed);
                var readers = new Readers(stack.reads, ledger)) {
            new Probe(stack, senders, ledger).follow(0);
            breakThings(stack, senders, ledger);
            senders.stop();
            writer.stop();
            stack.jvms().forEach(jvm -> Wait.until(Jvm.START, jvm::isUp));
            if (!Wait.reached(FLUSH, () -> senders.underWay() == 0)) {
                report.say("not answered in the end: " + senders.underWay());
            }
            var comparison = new Comparison(stack, ledger, writer);
            comparison.compare();
            readers.close();
            long seconds = (System.nanoTime() - start) / 1_000_000_000;
            report.say("statements of which nobody told: committed %d, unknown %d"
                    .formatted(writer.committed(), writer.unknown()));
            return say(stack, ledger, writer, readers, comparison, seconds);
        }
    }

    private void breakThings(Stack stack, Senders senders, Ledger ledger) throws InterruptedException {
        var next = new ConcurrentLinkedQueue<>(plan);
        var hands = new ArrayList<Future<?>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < HANDS; i++) {
                hands.add(threads.submit(() -> {
                    for (var fault = next.poll(); fault != null; fault = next.poll()) {
                        breakOne(fault, stack, senders, ledger);
                    }
                }));
            }
            for (var hand : hands) {
                hand.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void breakOne(Kinds.Planned fault, Stack stack, Senders senders, Ledger ledger) {
        var lock = targets.computeIfAbsent(fault.target(), target -> new ReentrantLock(true));
        lock.lock();
        try {
            var scene = new Kind.Scene(stack, senders, ledger, fault.target(), new SplittableRandom(fault.seed()));
            var what = fault.kind().fault().befall(scene);
            report.recovered(fault, what, new Probe(stack, senders, ledger).follow(fault.number()));
        } catch (Exception e) {
            report.failed(fault, e);
        } finally {
            lock.unlock();
        }
    }

    private static void requireCaptured(Stack stack) {
        var said = stack.freshet("capture", "install");
        if (!said.startsWith("installed")) {
            throw new IllegalStateException("nothing is captured: " + said);
        }
    }

    private Outcome say(Stack stack, Ledger ledger, Writer writer, Readers readers, Comparison comparison, long seconds)
            throws SQLException {
        var all = ledger.all();
        var lost = new ArrayList<>(comparison.lost());
        report.unrecovered().forEach(fault -> lost.add("not recovered: " + fault));
        var stale = new ArrayList<>(readers.stale());
        stale.addAll(comparison.stale());
        var leaks = Comparison.leaks(stack);
        lost.forEach(line -> report.say("LOST " + line));
        stale.forEach(line -> report.say("STALE " + line));
        comparison.strays().forEach(line -> report.say("STRAY " + line));
        leaks.stream().limit(20).forEach(line -> report.say("LEAK " + line));
        var audit = stack.freshet("audit", "queue");
        var unnoticed = new ArrayList<>(Sabotage.unnoticed(stack, ledger, writer));
        report.unplayed().forEach(kind -> unnoticed.add("no " + kind + " struck when it should"));
        unnoticed.forEach(what -> report.say("UNNOTICED " + what));
        report.table();
        report.say(
                "deliveries %d, answered 2xx %d, sent again for want of an answer %d, duplicates %d, applied while their sender waited %d"
                        .formatted(
                                all.size(),
                                all.stream().filter(Delivery::isAccepted).count(),
                                ledger.retries.sum(),
                                ledger.duplicates.sum(),
                                ledger.applied.sum()));
        report.say("answers " + new java.util.TreeMap<>(ledger.answers));
        report.say(
                "dead letters %d, all of them meant to be; reads %d, of which %d could be too old, refused %d; compared at the end: values %d, pages %d, records %d"
                        .formatted(
                                comparison.dead(),
                                readers.answered(),
                                readers.compared(),
                                readers.failed(),
                                comparison.values(),
                                comparison.pages(),
                                comparison.records()));
        audit.lines().forEach(report::say);
        report.say("seconds " + seconds);
        var outcome = new Outcome(
                seed,
                report.faults(),
                report.kinds(),
                lost.size(),
                stale.size(),
                comparison.strays().size(),
                leaks.size(),
                unnoticed.size());
        report.say(outcome.toString());
        return outcome;
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
