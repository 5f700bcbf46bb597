package dev.freshet.benchmarks;

import dev.freshet.cache.Consistency;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

/** {@code benchmarks/run}: runs what is named, one after the other. Exits with 1 when something went wrong or got lost. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Benchmarks {
    /**
     * Something to run.
     *
     * @param about one line for people
     * @param run prints its lines, the last of them JSON, and returns whether nothing was lost
     */
    private record Benchmark(String about, Callable<Boolean> run) {}

    private static final Map<String, Benchmark> ALL = all();

    private Benchmarks() {}

    public static void main(String[] arguments) {
        System.setProperty("logback.configurationFile", "demo-logback.xml");
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) {
        if (arguments.equals(List.of("--list"))) {
            ALL.forEach((name, benchmark) -> System.out.printf("%-12s %s%n", name, benchmark.about()));
            return 0;
        }
        var names = arguments.equals(List.of("all")) ? new ArrayList<>(ALL.keySet()) : arguments;
        if (names.isEmpty() || !ALL.keySet().containsAll(names)) {
            System.err.println("benchmarks/run --list | all | " + String.join(" | ", ALL.keySet()));
            return 2;
        }
        return names.stream().filter(name -> !succeeds(name)).toList().isEmpty() ? 0 : 1;
    }

    private static boolean succeeds(String name) {
        try {
            return Objects.requireNonNull(ALL.get(name)).run().call();
        } catch (Exception e) {
            System.err.println("benchmark " + name + " failed: " + e);
            return false;
        }
    }

    private static Map<String, Benchmark> all() {
        var all = new LinkedHashMap<String, Benchmark>();
        all.put(
                "consistency",
                new Benchmark("no stale read in any order and in 10 million under stress", Consistency::run));
        all.put("read", new Benchmark("a cached read against a plain GET", ReadBenchmark::run));
        all.put("invalidate", new Benchmark("a tag of 1 M keys against a tag of 10", InvalidateBenchmark::run));
        all.put(
                "rewarm",
                new Benchmark("1,000 hot keys after one invalidation against one by one", RewarmBenchmark::run));
        return all;
    }
}
