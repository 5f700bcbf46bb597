package dev.freshet.benchmarks.tools;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What something costs as something else grows: printed point by point, and drawn with {@code --save}. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Curves {
    private static final String COST = "µs each";

    private final Map<String, Chart> charts = new LinkedHashMap<>();

    /**
     * @param by what grows, such as {@code depth}
     * @param what costs so much, the name of a curve
     */
    public synchronized void add(String by, String what, double value, double micros) {
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"scale\",\"by\":\"%s\",\"of\":\"%s\",\"value\":%.0f,\"micros\":%.2f}%n",
                by,
                what,
                value,
                micros);
        charts.computeIfAbsent(by, key -> new Chart("Cost by " + by, by, COST)).add(what, value, micros);
    }

    /** Writes {@code docs/performance/scale-BY.svg} for each, if this run is to be kept. */
    public synchronized void draw() throws IOException {
        if (Mode.current().isSaved()) {
            for (var chart : charts.entrySet()) {
                System.out.println("saved " + chart.getValue().write("scale-" + chart.getKey()));
            }
        }
    }
}
