package dev.freshet.benchmarks.tools;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What something costs as something else grows: printed point by point, and drawn with {@code --save}. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Curves {
    private static final JsonMapper JSON = new JsonMapper();
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

    /** The curves of an earlier run, from the lines that it printed; other lines are passed over. */
    public static Curves of(List<String> lines) throws IOException {
        var curves = new Curves();
        for (var line : lines) {
            if (line.startsWith("{\"benchmark\":\"scale\"")) {
                var point = JSON.readTree(line);
                curves.add(
                        point.path("by").asText(),
                        point.path("of").asText(),
                        point.path("value").asDouble(),
                        point.path("micros").asDouble());
            }
        }
        return curves;
    }

    /** Writes {@code docs/performance/scale-BY.svg} for each, if this run is to be kept. */
    public synchronized void draw() throws IOException {
        if (Mode.current().isSaved()) {
            for (var chart : charts.entrySet()) {
                System.out.println("saved "
                        + chart.getValue().write("scale-" + chart.getKey().replace(' ', '-')));
            }
        }
    }
}
