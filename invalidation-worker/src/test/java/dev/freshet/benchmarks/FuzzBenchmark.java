package dev.freshet.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.ingest.Fuzz;
import java.util.LinkedHashMap;
import java.util.List;

/** {@code benchmarks/run fuzz}: whatever is sent to ingest, it is answered, and nothing unsigned gets in. */
@SuppressWarnings("SystemOut") // it talks to a person
final class FuzzBenchmark {
    private static final int REQUESTS = 1_000_000;

    private FuzzBenchmark() {}

    /** @param words how many requests and which seed; both may be left out */
    static boolean run(List<String> words) throws Exception {
        int requests = words.isEmpty() ? REQUESTS : Integer.parseInt(words.getFirst());
        long seed = words.size() < 2 ? System.currentTimeMillis() : Long.parseLong(words.get(1));
        System.out.printf("at least %,d mutated requests, seed %d%n", requests, seed);
        var result = Fuzz.run(requests, seed, sent -> System.err.printf("%,d sent%n", sent));
        result.findings().forEach(finding -> System.out.println("FOUND " + finding));
        result.figures().forEach((name, figure) -> System.out.printf("%-14s %s%n", name, figure));
        var line = new LinkedHashMap<String, Object>();
        line.put("benchmark", "fuzz");
        line.putAll(result.figures());
        System.out.println(new JsonMapper().writeValueAsString(line));
        return result.findings().isEmpty();
    }
}
