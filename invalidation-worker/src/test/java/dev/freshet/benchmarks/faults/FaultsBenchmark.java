package dev.freshet.benchmarks.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code benchmarks/run faults}: at least two hundred faults of each seed, and nothing is lost. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class FaultsBenchmark {
    private static final int FAULTS = 220;
    private static final int PER_SECOND = 100;
    private static final List<Long> SEEDS = List.of(1L, 2L, 3L);

    private record Wish(List<Long> seeds, int faults, List<Kind> kinds) {}

    private FaultsBenchmark() {}

    /**
     * @param words {@code [SEED...] [--faults N] [--kinds a,b]}; a kind is meant by the beginning of its name
     * @return whether nothing was lost, stale or astray in any run
     */
    public static boolean run(List<String> words) throws Exception {
        Wish wish;
        try {
            wish = read(words);
        } catch (IllegalArgumentException e) {
            System.err.println("benchmarks/run faults [SEED...] [--faults N] [--kinds a,b]: " + e.getMessage());
            return false;
        }
        var home = Path.of(System.getProperty("freshet.home", "")).toAbsolutePath();
        var outcomes = new ArrayList<Run.Outcome>();
        for (long seed : wish.seeds) {
            System.out.println("seed " + seed);
            var folder = home.resolve("invalidation-worker/target/faults").resolve(String.valueOf(seed));
            outcomes.add(
                    new Run(seed, Kinds.plan(wish.kinds, wish.faults, seed), PER_SECOND, folder, System.out).play());
        }
        System.out.println(outcomes.stream().map(Run.Outcome::json).collect(Collectors.joining(",", "[", "]")));
        return outcomes.stream().allMatch(Run.Outcome::isGood);
    }

    private static Wish read(List<String> words) {
        var seeds = new ArrayList<Long>();
        int faults = FAULTS;
        var kinds = Kinds.all();
        for (var word = words.iterator(); word.hasNext(); ) {
            var one = word.next();
            switch (one) {
                case "--faults" -> faults = Integer.parseInt(word.next());
                case "--kinds" -> kinds = chosen(word.next());
                default -> seeds.add(Long.parseLong(one));
            }
        }
        return new Wish(seeds.isEmpty() ? SEEDS : seeds, faults, kinds);
    }

    private static List<Kind> chosen(String names) {
        var chosen = Kinds.all().stream()
                .filter(kind -> List.of(names.split(",")).stream().anyMatch(kind.name()::startsWith))
                .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("no kind begins with " + names);
        }
        return chosen;
    }
}
