package dev.freshet.benchmarks.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Lines between two logarithmic axes, as SVG: a cost that does not grow is level, one that grows with its cause rises by as
 * much as it goes on. Drawn without AWT, whose fonts many servers lack.
 */
public final class Chart {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 320;
    private static final int LEFT = 70;
    private static final int RIGHT = 150;
    private static final int TOP = 36;
    private static final int BOTTOM = 48;
    private static final List<String> COLOURS = List.of("#0b6e99", "#c2571a", "#3f7d3a", "#7a3e9d", "#8a6d00");

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final Map<String, List<Point>> lines = new LinkedHashMap<>();

    private record Point(double x, double y) {}

    public Chart(String title, String xLabel, String yLabel) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    /** Both are more than 0. */
    public Chart add(String line, double x, double y) {
        lines.computeIfAbsent(line, key -> new ArrayList<>()).add(new Point(x, y));
        return this;
    }

    /** Writes {@code docs/performance/NAME.svg}. */
    public Path write(String name) throws IOException {
        var folder = Files.createDirectories(Mode.home().resolve("docs/performance"));
        return Files.writeString(folder.resolve(name + ".svg"), svg());
    }

    String svg() {
        var all = lines.values().stream().flatMap(List::stream).toList();
        double least = all.stream().mapToDouble(Point::x).min().orElse(1);
        double most =
                Math.max(least * 10, all.stream().mapToDouble(Point::x).max().orElse(10));
        double lowest = decade(all.stream().mapToDouble(Point::y).min().orElse(1), false);
        double highest = Math.max(
                lowest * 10, decade(all.stream().mapToDouble(Point::y).max().orElse(10), true));
        ToDoubleFunction<Double> across =
                x -> LEFT + (WIDTH - LEFT - RIGHT) * Math.log(x / least) / Math.log(most / least);
        ToDoubleFunction<Double> up =
                y -> HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.log(y / lowest) / Math.log(highest / lowest);
        var svg = new StringBuilder();
        svg.append(("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n")
                .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT));
        svg.append(text(LEFT, 20, "start", "<tspan font-weight=\"bold\">" + escaped(title) + "</tspan>"));
        for (double y = lowest; y <= highest * 1.0001; y *= 10) {
            double at = up.applyAsDouble(y);
            svg.append(line(LEFT, at, WIDTH - RIGHT, at, y == lowest ? "#444" : "#ddd"));
            svg.append(text(LEFT - 6, at + 4, "end", number(y)));
        }
        for (double x = Math.pow(10, Math.ceil(Math.log10(least) - 1e-9)); x <= most * 1.0001; x *= 10) {
            svg.append(line(
                    across.applyAsDouble(x), HEIGHT - BOTTOM, across.applyAsDouble(x), HEIGHT - BOTTOM + 5, "#444"));
            svg.append(text(across.applyAsDouble(x), HEIGHT - BOTTOM + 18, "middle", number(x)));
        }
        svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, "middle", escaped(xLabel)));
        svg.append(text(LEFT, 34, "start", escaped(yLabel)));
        int colour = 0;
        for (var entry : lines.entrySet()) {
            svg.append(
                    curve(entry.getKey(), entry.getValue(), COLOURS.get(colour % COLOURS.size()), colour, across, up));
            colour++;
        }
        return svg.append("</svg>\n").toString();
    }

    private static String curve(
            String name,
            List<Point> points,
            String colour,
            int nth,
            ToDoubleFunction<Double> across,
            ToDoubleFunction<Double> up) {
        var path = new StringBuilder();
        var dots = new StringBuilder();
        for (var point : points) {
            double x = across.applyAsDouble(point.x);
            double y = up.applyAsDouble(point.y);
            path.append(path.isEmpty() ? "M" : "L").append(round(x)).append(' ').append(round(y));
            dots.append("<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"/>\n".formatted(round(x), round(y), colour));
        }
        double legend = TOP + 16.0 * nth + 8;
        return "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n".formatted(path, colour)
                + dots
                + line(WIDTH - RIGHT + 12, legend - 4, WIDTH - RIGHT + 28, legend - 4, colour)
                + text(WIDTH - RIGHT + 33, legend, "start", escaped(name));
    }

    /** The power of ten at the value, or next to it. */
    private static double decade(double value, boolean isAbove) {
        double power = Math.log10(value);
        return Math.pow(10, isAbove ? Math.ceil(power - 1e-9) : Math.floor(power + 1e-9));
    }

    private static String number(double value) {
        if (value >= 1e6) {
            return number(value / 1e6) + "M";
        }
        if (value >= 1e4) {
            return number(value / 1e3) + "k";
        }
        return String.format(Locale.ROOT, "%.3f", value).replaceAll("\\.?0+$", "");
    }

    private static String line(double fromX, double fromY, double toX, double toY, String colour) {
        return "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\"/>\n"
                .formatted(round(fromX), round(fromY), round(toX), round(toY), colour);
    }

    private static String text(double x, double y, String anchor, String content) {
        return "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"#222\">%s</text>\n"
                .formatted(round(x), round(y), anchor, content);
    }

    private static String round(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
