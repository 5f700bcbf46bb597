package dev.freshet.benchmarks.nextjs;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** How long something took, over many times, in milliseconds. */
record Times(double p50, double p99, double max) {
    static Times of(List<Double> millis) {
        var sorted = millis.stream().sorted().toList();
        return new Times(at(sorted, 50), at(sorted, 99), at(sorted, 100));
    }

    Map<String, Object> figures() {
        var figures = new TreeMap<String, Object>();
        figures.put("p50", Math.round(p50));
        figures.put("p99", Math.round(p99));
        figures.put("max", Math.round(max));
        return figures;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "p50 %.0f ms, p99 %.0f ms", p50, p99);
    }

    private static double at(List<Double> sorted, int percent) {
        int index = (int) Math.ceil(sorted.size() * percent / 100.0) - 1;
        return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, index));
    }
}
