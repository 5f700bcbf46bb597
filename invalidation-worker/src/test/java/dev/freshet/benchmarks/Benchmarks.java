package dev.freshet.benchmarks;

import dev.freshet.benchmarks.faults.FaultsBenchmark;
import dev.freshet.benchmarks.ingest.IngestBenchmark;
import dev.freshet.benchmarks.ingest.StartBenchmark;
import dev.freshet.benchmarks.micro.MicroBenchmark;
import dev.freshet.benchmarks.nextjs.NextJsBenchmark;
import dev.freshet.benchmarks.queue.IdleBenchmark;
import dev.freshet.benchmarks.queue.MemoryBenchmark;
import dev.freshet.benchmarks.queue.PickupBenchmark;
import dev.freshet.benchmarks.queue.QueueBenchmark;
import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.Profile;
import dev.freshet.benchmarks.tools.Results;
import dev.freshet.cache.Consistency;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code benchmarks/run}: runs what is named, one after the other. Exits with 1 when something went wrong or got lost. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Benchmarks {
    /**
     * Something to run.
     *
     * @param about one line for people
     * @param words what may follow the name, in words; empty when nothing may
     * @param run is given those words, prints its lines, the last of them JSON, and returns whether nothing was lost
     */
    private record Benchmark(String about, String words, Runner run) {
        static Benchmark of(String about, Callable<Boolean> run) {
            return new Benchmark(about, "", words -> run.call());
        }
    }

    private interface Runner {
        boolean run(List<String> words) throws Exception;
    }

    private static final Map<String, Benchmark> ALL = all();

    private Benchmarks() {}

    public static void main(String[] arguments) {
        System.setProperty("logback.configurationFile", "demo-logback.xml");
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> given) {
        if (given.equals(List.of("--list"))) {
            ALL.forEach((name, benchmark) -> System.out.printf("%-12s %s%n", name, benchmark.about()));
            return 0;
        }
        try {
            var arguments = new ArrayList<>(Mode.take(given));
            boolean check = arguments.remove("--check");
            boolean isAll = arguments.equals(List.of("all"));
            var chosen = chosen(isAll ? List.copyOf(ALL.keySet()) : arguments);
            if (chosen.isEmpty()) {
                throw new BrokenOffException(usage());
            }
            boolean succeeds = runAll(chosen);
            Results.write();
            if (Mode.current().isSaved()) {
                Results.save();
            }
            return succeeds && (!check || Results.check(isAll)) ? 0 : 1;
        } catch (BrokenOffException e) {
            System.err.println(e.getMessage());
            return 2;
        } catch (IOException e) {
            System.err.println("the results could not be compared or kept: " + e);
            return 1;
        }
    }

    private static String usage() {
        var names = ALL.entrySet().stream()
                .map(e -> (e.getKey() + " " + e.getValue().words()).strip());
        return "benchmarks/run --list | all | " + names.collect(Collectors.joining(" | "))
                + " [--fsync always|everysec|no] [--profile] [--check] [--save]";
    }

    /** All of them, also after one that failed. */
    private static boolean runAll(Map<String, List<String>> chosen) {
        boolean succeeds = true;
        for (var entry : chosen.entrySet()) {
            succeeds &= succeeds(entry.getKey(), entry.getValue());
        }
        return succeeds;
    }

    /** What is to be run, with the words that follow each name; nothing when that is not how one asks. */
    private static Map<String, List<String>> chosen(List<String> arguments) {
        var chosen = new LinkedHashMap<String, List<String>>();
        var words = new ArrayList<String>();
        for (var argument : arguments) {
            var benchmark = ALL.get(argument);
            if (benchmark != null) {
                words = new ArrayList<>();
                chosen.put(argument, words);
            } else {
                words.add(argument);
            }
        }
        boolean isUnderstood = !arguments.isEmpty()
                && ALL.containsKey(arguments.getFirst())
                && chosen.entrySet().stream()
                        .allMatch(e -> e.getValue().isEmpty()
                                || !Objects.requireNonNull(ALL.get(e.getKey()))
                                        .words()
                                        .isEmpty());
        return isUnderstood ? chosen : Map.of();
    }

    private static boolean succeeds(String name, List<String> words) {
        try {
            var benchmark = Objects.requireNonNull(ALL.get(name));
            return Profile.of(name, () -> benchmark.run().run(words));
        } catch (Exception e) {
            System.err.println("benchmark " + name + " failed: " + e);
            return false;
        }
    }

    private static Map<String, Benchmark> all() {
        var all = new LinkedHashMap<String, Benchmark>();
        all.put(
                "consistency",
                Benchmark.of("no stale read in any order and in 10 million under stress", Consistency::run));
        all.put("read", Benchmark.of("a cached read against a plain GET", ReadBenchmark::run));
        all.put(
                "ingest",
                Benchmark.of("signed deliveries over HTTP against a bare Javalin and Express", IngestBenchmark::run));
        all.put(
                "start",
                Benchmark.of("from its start to the first accepted delivery, against Javalin's", StartBenchmark::run));
        all.put("invalidate", Benchmark.of("a tag of 1 M keys against a tag of 10", InvalidateBenchmark::run));
        all.put(
                "rewarm",
                Benchmark.of("1,000 hot keys after one invalidation against one by one", RewarmBenchmark::run));
        all.put("micro", Benchmark.of("single steps by JMH: verify, parse, plan, encode, decode", MicroBenchmark::run));
        all.put(
                "queue",
                Benchmark.of(
                        "a worker on 200,000 jobs against BullMQ's, and against the list alone", QueueBenchmark::run));
        all.put("pickup", Benchmark.of("enqueued → in an idle worker's hands, against BullMQ", PickupBenchmark::run));
        all.put("memory", Benchmark.of("Redis bytes of a queued job against its bare body", MemoryBenchmark::run));
        all.put(
                "footprint",
                Benchmark.of(
                        "Redis bytes of a cached value and of a tag, against a plain SET", FootprintBenchmark::run));
        all.put("idle", Benchmark.of("what an idle worker asks of Redis", IdleBenchmark::run));
        all.put(
                "scale",
                new Benchmark(
                        "how costs grow with depth, bytes, tags, keys, views, partitions and processes",
                        "[FILE]",
                        ScaleBenchmark::run));
        all.put(
                "apply",
                Benchmark.of("deliveries applied newest wins against plain upserts of 500", ApplyBenchmark::run));
        all.put(
                "capture",
                Benchmark.of(
                        "what captured changes cost whoever writes, against a trigger for each row",
                        CaptureBenchmark::run));
        all.put(
                "fresh",
                Benchmark.of(
                        "from a delivery's POST until its re-warmed value can be read, 500/s", FreshBenchmark::run));
        all.put(
                "burst",
                Benchmark.of(
                        "10,000 deliveries of one cohort: callbacks and loads that they cost", BurstBenchmark::run));
        all.put(
                "day",
                new Benchmark(
                        "a day of TAFTA, or of another catalog beside its targets, against a TTL and a delete by key",
                        "[TIMES AS FAST]|--catalog NAME [SECONDS]",
                        DayBenchmark::run));
        all.put("seen", Benchmark.of("the memory of 10 million deliveries that are known", SeenBenchmark::run));
        all.put(
                "nextjs",
                new Benchmark(
                        "a real Next.js application stays fresh, whatever befalls it (needs Node)",
                        "[VERSION|SCENARIO]...",
                        NextJsBenchmark::run));
        all.put(
                "faults",
                new Benchmark(
                        "real processes under load, broken 220 times a seed: nothing lost, stale or astray",
                        "[SEED]... [--faults N] [--kinds KIND,KIND]",
                        FaultsBenchmark::run));
        all.put(
                "fuzz",
                new Benchmark(
                        "a million mutated requests: no 5xx, no error, nothing unsigned in the queue",
                        "[REQUESTS] [SEED]",
                        FuzzBenchmark::run));
        return all;
    }
}
