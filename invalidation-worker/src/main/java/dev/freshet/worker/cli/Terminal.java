package dev.freshet.worker.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.freshet.settings.Settings;
import java.io.PrintWriter;
import java.util.List;

/** What every command works with: the environment, and where results go. */
record Terminal(Settings settings, PrintWriter out) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    void line(String text) {
        out.println(text);
    }

    /** @param value maps, lists, texts, numbers and truth values only */
    void json(Object value) {
        try {
            out.println(JSON.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Rows below a head, each column as wide as its longest value. */
    void table(List<String> head, List<List<String>> rows) {
        int[] widths = head.stream().mapToInt(String::length).toArray();
        for (var row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        tableRow(widths, head);
        rows.forEach(row -> tableRow(widths, row));
    }

    private void tableRow(int[] widths, List<String> cells) {
        var text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            text.append(cells.get(i)).append(" ".repeat(widths[i] - cells.get(i).length() + 2));
        }
        line(text.toString().stripTrailing());
    }
}
