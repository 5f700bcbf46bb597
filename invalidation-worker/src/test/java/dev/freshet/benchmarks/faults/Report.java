package dev.freshet.benchmarks.faults;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What happened in one run, as a table and as lines. */
final class Report {
    private final Map<String, List<Long>> recoveries = new TreeMap<>();
    private final List<String> unrecovered = new ArrayList<>();
    private final Set<String> missed = new TreeSet<>();
    private final Set<String> met = new HashSet<>();
    private final PrintStream out;
    private final long start = System.nanoTime();

    Report(PrintStream out) {
        this.out = out;
    }

    synchronized void recovered(Kinds.Planned fault, String what, Duration recovery) {
        recoveries
                .computeIfAbsent(fault.kind().name(), kind -> new ArrayList<>())
                .add(recovery.toMillis());
        (what.contains(CaptureFaults.MISSED) ? missed : met).add(fault.kind().name());
        line(fault, what + "; recovered after " + recovery.toMillis() + " ms");
    }

    synchronized void failed(Kinds.Planned fault, Exception cause) {
        unrecovered.add(fault.number() + " " + fault.kind().name() + ": " + cause);
        line(fault, "NOT RECOVERED: " + cause);
    }

    /** Kinds of faults of which none struck at the moment that it is about. */
    synchronized List<String> unplayed() {
        return missed.stream().filter(kind -> !met.contains(kind)).toList();
    }

    synchronized List<String> unrecovered() {
        return List.copyOf(unrecovered);
    }

    synchronized int faults() {
        return recoveries.values().stream().mapToInt(List::size).sum();
    }

    synchronized int kinds() {
        return recoveries.size();
    }

    void say(String line) {
        out.println(line);
    }

    synchronized void table() {
        out.printf("%-24s %5s %12s %12s%n", "fault", "count", "p50 ms", "max ms");
        recoveries.forEach((kind, all) -> {
            var sorted = all.stream().sorted().toList();
            out.printf("%-24s %5d %,12d %,12d%n", kind, sorted.size(), sorted.get(sorted.size() / 2), sorted.getLast());
        });
    }

    private void line(Kinds.Planned fault, String text) {
        double seconds = (System.nanoTime() - start) / 1e9;
        out.printf(
                "%7.1fs %4d %-22s %s%n", seconds, fault.number(), fault.kind().name(), text);
    }
}
