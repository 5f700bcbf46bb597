package dev.freshet.benchmarks.tools;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The last lines of the benchmarks of this run, and how their ratios compare with those that were committed. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Results {
    /** What a ratio may be worse than the committed one. */
    private static final double TOLERANCE = 0.2;

    private static final JsonMapper JSON = new JsonMapper();
    private static final List<Row> ROWS = new ArrayList<>();

    private Results() {}

    /**
     * One figure.
     *
     * @param ratio ours to the reference; empty when that is missing here
     * @param json the line that was printed
     */
    record Row(String name, Optional<Double> ratio, boolean higherIsBetter, String json) {}

    static synchronized void add(Row row) {
        ROWS.add(row);
    }

    /** Writes the lines of this run to a file, one after the other. */
    public static synchronized void write() throws IOException {
        if (!ROWS.isEmpty()) {
            Files.createDirectories(Mode.folder());
            Files.write(
                    Mode.folder().resolve("results.jsonl"),
                    ROWS.stream().map(Row::json).toList());
        }
    }

    /** Makes the ratios of this run those that later ones are compared with; what was not run keeps its own. */
    public static synchronized void save() throws IOException {
        var kept = committed();
        ROWS.forEach(row -> row.ratio.ifPresent(ratio -> kept.put(row.name, Math.round(ratio * 1000) / 1000.0)));
        Files.writeString(file(), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(kept) + "\n");
        System.out.println("saved " + file());
    }

    /**
     * @param isAll whether everything was run, so that a committed ratio that is not among the results is missing
     * @return whether no ratio is more than 20 % worse than the committed one, and none of these is missing
     */
    public static synchronized boolean check(boolean isAll) throws IOException {
        var kept = committed();
        boolean holds = true;
        for (var row : ROWS) {
            var before = kept.remove(row.name);
            var verdict = before == null ? "nothing is committed, --save does it" : verdict(row, before);
            holds &= before == null || verdict.equals("holds");
            System.out.printf(
                    Locale.ROOT,
                    "check %-14s %s, committed %s: %s%n",
                    row.name,
                    row.ratio.map("%.3f"::formatted).orElse("-"),
                    before == null ? "-" : "%.3f".formatted(before),
                    verdict);
        }
        if (isAll) {
            kept.keySet().forEach(name -> System.out.printf("check %-14s MISSING%n", name));
        }
        return holds && !(isAll && !kept.isEmpty());
    }

    static String verdict(Row row, double before) {
        if (row.ratio.isEmpty()) {
            return "NOT COMPARED, the reference is missing here";
        }
        double ratio = row.ratio.get();
        boolean isWorse = row.higherIsBetter ? ratio < before * (1 - TOLERANCE) : ratio > before * (1 + TOLERANCE);
        return isWorse ? "WORSE" : "holds";
    }

    private static Map<String, Double> committed() throws IOException {
        var kept = new TreeMap<String, Double>();
        if (Files.exists(file())) {
            JSON.readTree(Files.readString(file()))
                    .properties()
                    .forEach(entry -> kept.put(entry.getKey(), entry.getValue().asDouble()));
        }
        return kept;
    }

    private static Path file() {
        return Mode.home().resolve("benchmarks/reference.json");
    }
}
