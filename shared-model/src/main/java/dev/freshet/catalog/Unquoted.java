package dev.freshet.catalog;

import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Placeholders without quotes where YAML takes their braces for a mapping of its own. */
final class Unquoted {
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"|'[^']*'");
    private static final Pattern TEXT =
            Pattern.compile("(?<![^\\s,\\[\\]{}])[^\\s,\\[\\]{}]*(?:\\{[A-Za-z_][\\w:-]*}[^\\s,\\[\\]{}]*)+");

    private Unquoted() {}

    /** @return empty when the line, which is no YAML, holds none */
    static String remedy(String line) {
        var found = TEXT.matcher(QUOTED.matcher(line).replaceAll("\"\""));
        return found.find() ? inQuotes(found.group()) : "";
    }

    /** @return empty when the node, which should be a text, is no such mapping */
    static String remedy(Node node) {
        boolean isFlow = node instanceof MappingNode mapping && mapping.getFlowStyle() == FlowStyle.FLOW;
        var text = isFlow ? text(node) : "";
        return TEXT.matcher(text).matches() ? inQuotes(text) : "";
    }

    /** What {@code {id}}, {@code book:{id}} and {@code {id}:reviews} were before they became mappings of one entry. */
    private static String text(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        boolean holdsItself = node.isTwoStepsConstruction();
        if (!(node instanceof MappingNode mapping) || mapping.getValue().size() != 1 || holdsItself) {
            return "";
        }
        var entry = mapping.getValue().getFirst();
        var key = text(entry.getKeyNode());
        return entry.getValueNode().getTag().equals(Tag.NULL)
                ? "{" + key + "}"
                : key + ":" + text(entry.getValueNode());
    }

    private static String inQuotes(String text) {
        return "write it in quotes, such as \"" + text + "\"";
    }
}
