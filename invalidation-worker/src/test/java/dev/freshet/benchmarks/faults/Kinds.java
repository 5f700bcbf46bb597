package dev.freshet.benchmarks.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** All ways in which something breaks, and the order in which a seed lets them happen. */
final class Kinds {
    /**
     * One fault that is to come.
     *
     * @param number from 1
     * @param target one of the kind's
     * @param seed of what the fault draws itself
     */
    record Planned(int number, Kind kind, String target, long seed) {}

    private Kinds() {}

    static List<Kind> all() {
        return Stream.of(
                        WorkerFaults.all(),
                        QueueFaults.all(),
                        CacheFaults.all(),
                        DatabaseFaults.all(),
                        CaptureFaults.all(),
                        FrontEndFaults.all(),
                        IngestFaults.all(),
                        NetworkFaults.all())
                .flatMap(List::stream)
                .toList();
    }

    /** Each kind as often as the others, in an order that only the seed decides. */
    static List<Planned> plan(List<Kind> kinds, int faults, long seed) {
        var random = new Random(seed);
        var order = new ArrayList<Kind>();
        while (order.size() < faults) {
            var round = new ArrayList<>(kinds);
            Collections.shuffle(round, random);
            order.addAll(round.subList(0, Math.min(round.size(), faults - order.size())));
        }
        var plan = new ArrayList<Planned>();
        for (var kind : order) {
            var target = kind.targets().get(random.nextInt(kind.targets().size()));
            plan.add(new Planned(plan.size() + 1, kind, target, random.nextLong()));
        }
        return plan;
    }
}
