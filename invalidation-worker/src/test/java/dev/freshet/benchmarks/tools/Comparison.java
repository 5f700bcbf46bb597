package dev.freshet.benchmarks.tools;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Rounds of ours and of the reference, taken by turns, so that whatever else the machine does befalls both. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Comparison {
    private final String name;
    private final String unit;
    private final boolean higherIsBetter;
    private final List<Double> ours = new ArrayList<>();
    private final List<Double> references = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private final StringBuilder more = new StringBuilder();

    private Comparison(String name, String unit, boolean higherIsBetter) {
        this.name = name;
        this.unit = unit;
        this.higherIsBetter = higherIsBetter;
    }

    /** Of figures of which more is better, such as reads per second. */
    public static Comparison ofRates(String name, String unit) {
        return new Comparison(name, unit, true);
    }

    /** Of figures of which less is better, such as times and bytes. */
    public static Comparison ofCosts(String name, String unit) {
        return new Comparison(name, unit, false);
    }

    /** One round, both figures in the unit. */
    public void add(double our, double reference) {
        ours.add(our);
        references.add(reference);
        ratios.add(our / reference);
    }

    /** One round without a reference, since that is missing here. */
    public void add(double our) {
        ours.add(our);
    }

    /** A further figure for the last line. */
    public Comparison with(String field, String json) {
        more.append(",\"").append(field).append("\":").append(json);
        return this;
    }

    /** The median of the rounds' ratios; NaN, which reaches no goal, when there is no reference. */
    public double ratio() {
        return ratios.isEmpty() ? Double.NaN : median(ratios);
    }

    /** The median of ours. */
    public double ours() {
        return median(ours);
    }

    /**
     * Prints what came out, the last line in JSON.
     *
     * @param goal what was aimed at, in words
     * @param reached whether it was reached
     * @return whether nothing was lost
     */
    public boolean print(String goal, boolean reached, long lost) {
        boolean isCompared = !ratios.isEmpty();
        boolean isReached = reached && isCompared;
        System.out.printf(
                Locale.ROOT,
                "%s: ours %,.1f, reference %s %s; ratio %s; goal %s: %s%n",
                name,
                median(ours),
                isCompared ? "%,.1f".formatted(median(references)) : "missing",
                unit,
                isCompared
                        ? "%.3f (%.3f to %.3f in %d rounds)"
                                .formatted(ratio(), Collections.min(ratios), Collections.max(ratios), ratios.size())
                        : "-",
                goal,
                isReached ? "reached" : isCompared ? "not reached" : "not seen");
        var json = String.format(
                Locale.ROOT,
                "{\"name\":\"%s\",\"ours\":%.2f,\"reference\":%s,\"ratio\":%s,\"unit\":\"%s\",\"lost\":%d%s,"
                        + "\"rounds\":%d,\"better\":\"%s\",\"goal\":\"%s\",\"reached\":%b,\"fsync\":\"%s\"%s}",
                name,
                median(ours),
                isCompared ? "%.2f".formatted(median(references)) : "\"missing\"",
                isCompared ? "%.4f".formatted(ratio()) : "null",
                unit,
                lost,
                isCompared
                        ? ",\"ratio_min\":%.4f,\"ratio_max\":%.4f"
                                .formatted(Collections.min(ratios), Collections.max(ratios))
                        : "",
                ours.size(),
                higherIsBetter ? "higher" : "lower",
                goal,
                isReached,
                Mode.current().fsync(),
                more);
        System.out.println(json);
        Results.add(new Results.Row(name, isCompared ? Optional.of(ratio()) : Optional.empty(), higherIsBetter, json));
        return lost == 0;
    }

    public static double median(List<Double> values) {
        return percentile(values, 50);
    }

    /** The smallest of the values that at least so many percent of them do not exceed. */
    public static double percentile(List<Double> values, double percent) {
        var sorted = values.stream().sorted().toList();
        return sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * percent / 100) - 1));
    }
}
