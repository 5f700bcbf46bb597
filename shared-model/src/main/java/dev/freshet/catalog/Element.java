package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** One value of the file, with where it stands. What has the wrong form is reported and read as absent. */
final class Element {
    private final Node node;
    private final String path;
    private final Problems problems;
    private final int line;

    /** The whole file. */
    Element(Node node, Problems problems) {
        this(node, 1, "", problems);
    }

    /**
     * @param line where its key stands, counted from 1
     * @param path such as {@code views.enrollments.ttl}; empty for the whole file
     */
    private Element(Node node, int line, String path, Problems problems) {
        this.node = node;
        this.line = line;
        this.path = path;
        this.problems = problems;
    }

    String path() {
        return path;
    }

    int line() {
        return line;
    }

    private static int lineOf(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    /** Where the text itself begins: a block scalar begins below its indicator. */
    int textLine() {
        boolean block = node instanceof ScalarNode scalar
                && (scalar.getScalarStyle() == ScalarStyle.LITERAL || scalar.getScalarStyle() == ScalarStyle.FOLDED);
        return block ? lineOf(node) + 1 : lineOf(node);
    }

    void error(String message) {
        error(message, "");
    }

    void error(String message, String remedy) {
        error(line, message, remedy);
    }

    void error(int at, String message, String remedy) {
        problems.error(at, path + " " + message, remedy);
    }

    void add(Severity severity, String message, String remedy) {
        problems.add(severity, line(), path + " " + message, remedy);
    }

    boolean isText() {
        return node instanceof ScalarNode && !isEmpty();
    }

    /** Whether nothing stands there on purpose: {@code ""}. */
    boolean isEmptyText() {
        return node instanceof ScalarNode scalar
                && scalar.getValue().isEmpty()
                && !node.getTag().equals(Tag.NULL);
    }

    boolean isMapping() {
        return node instanceof MappingNode;
    }

    Optional<String> text() {
        if (isText()) {
            return Optional.of(((ScalarNode) node).getValue());
        }
        error(isEmpty() ? "is empty" : "must be a single value", Unquoted.remedy(node));
        return Optional.empty();
    }

    /** @param parse empty for what is not allowed */
    <T> Optional<T> text(String expected, Function<String, Optional<T>> parse) {
        return text().flatMap(text -> {
            var value = parse.apply(text);
            if (value.isEmpty()) {
                error("must be " + expected + ", was '" + text + "'");
            }
            return value;
        });
    }

    /** One of the type's constants, written in lower case. */
    <E extends Enum<E>> Optional<E> choice(Class<E> type) {
        var constants = Arrays.stream(type.getEnumConstants())
                .collect(Collectors.toMap(
                        constant -> constant.name().toLowerCase(Locale.ROOT),
                        constant -> constant,
                        (a, b) -> a,
                        LinkedHashMap::new));
        return text(
                "one of " + String.join(", ", constants.keySet()), text -> Optional.ofNullable(constants.get(text)));
    }

    Optional<Boolean> truth() {
        return text(
                "true or false",
                text -> Optional.of(text).filter(t -> t.matches("true|false")).map(Boolean::valueOf));
    }

    /** A list's elements; a single value is a list of one. */
    List<Element> items() {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue().stream()
                    .map(item -> new Element(item, lineOf(item), path, problems))
                    .toList();
        }
        if (isText()) {
            return List.of(this);
        }
        error(isEmpty() ? "is empty" : "must be a list", Unquoted.remedy(node));
        return List.of();
    }

    /** The entries by key, in the order of the file; a key that stands twice is reported. */
    Map<String, Element> entries() {
        var entries = new LinkedHashMap<String, Element>();
        if (node instanceof MappingNode mapping) {
            for (var tuple : mapping.getValue()) {
                put(entries, tuple);
            }
        } else {
            problems.error(
                    line(),
                    (path.isEmpty() ? "a catalog" : path) + (isEmpty() ? " is empty" : " must be a mapping"),
                    "");
        }
        return entries;
    }

    private void put(Map<String, Element> entries, NodeTuple tuple) {
        int at = lineOf(tuple.getKeyNode());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problems.error(at, path + " has a key that is no text", "");
            return;
        }
        var full = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
        var before = entries.putIfAbsent(key.getValue(), new Element(tuple.getValueNode(), at, full, problems));
        if (before != null) {
            problems.error(at, full + " stands twice", "the first is in line " + before.line());
        }
    }

    private boolean isEmpty() {
        boolean blank = node instanceof ScalarNode scalar && scalar.getValue().isBlank();
        return blank || node.getTag().equals(Tag.NULL);
    }
}
