package dev.freshet.worker.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What every command works with: the environment, and where results go. */
record Terminal(Settings settings, PrintWriter out) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    /** Enough for one command, which waits for nobody else. */
    private static final DatabaseOptions DATABASE =
            new DatabaseOptions(1, Duration.ofSeconds(20), Duration.ofSeconds(5));

    /** The catalog that {@code CATALOG} names, or the one that comes with Freshet. */
    Catalog catalog() {
        return CatalogReader.read(settings.text("CATALOG", "tafta"), settings);
    }

    /** @return empty when {@code DATABASE_URL} is not set */
    Optional<Database> database() {
        return Addresses.from(settings).database().map(url -> new Database(url, DATABASE));
    }

    /** @param file a path, or {@code -} for the input */
    byte[] read(String file) throws IOException {
        try {
            return file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException("there is no file " + file);
        }
    }

    /** @throws IllegalArgumentException when the bytes are no JSON */
    JsonNode parse(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new IllegalArgumentException("the body is no JSON", e);
        }
    }

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
