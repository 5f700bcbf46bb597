package dev.freshet.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Rounds of ours and of the reference, taken by turns, so that whatever else the machine does befalls both. */
@SuppressWarnings("SystemOut") // it talks to a person
final class Comparison {
    private final String name;
    private final String unit;
    private final List<Double> ours = new ArrayList<>();
    private final List<Double> references = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final StringBuilder more = new StringBuilder();

    Comparison(String name, String unit) {
        this.name = name;
        this.unit = unit;
    }

    /** One round, both figures in the unit. */
    void add(double our, double reference) {
        ours.add(our);
        references.add(reference);
        ratios.add(our / reference);
    }

    /** A further figure for the last line. */
    Comparison with(String field, String json) {
        more.append(",\"").append(field).append("\":").append(json);
        return this;
    }

    double ratio() {
        return median(ratios);
    }

    /**
     * Prints what came out, the last line in JSON.
     *
     * @param goal what was aimed at, in words
     * @param reached whether it was reached
     * @return whether nothing was lost
     */
    boolean print(String goal, boolean reached, long lost) {
        System.out.printf(
                Locale.ROOT,
                "%s: ours %,.1f, reference %,.1f %s; ratio %.3f (%.3f to %.3f in %d rounds); goal %s: %s%n",
                name,
                median(ours),
                median(references),
                unit,
                ratio(),
                Collections.min(ratios),
                Collections.max(ratios),
                ratios.size(),
                goal,
                reached ? "reached" : "not reached");
        System.out.printf(
                Locale.ROOT,
                "{\"name\":\"%s\",\"ours\":%.2f,\"reference\":%.2f,\"ratio\":%.4f,\"unit\":\"%s\",\"lost\":%d,"
                        + "\"ratio_min\":%.4f,\"ratio_max\":%.4f,\"rounds\":%d,\"goal\":\"%s\",\"reached\":%b%s}%n",
                name,
                median(ours),
                median(references),
                ratio(),
                unit,
                lost,
                Collections.min(ratios),
                Collections.max(ratios),
                ratios.size(),
                goal,
                reached,
                more);
        return lost == 0;
    }

    static double median(List<Double> values) {
        return percentile(values, 50);
    }

    /** @param percent of the values are not above the answer */
    static double percentile(List<Double> values, double percent) {
        var sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(sorted.size() * percent / 100)));
    }
}
