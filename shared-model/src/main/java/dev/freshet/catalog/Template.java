package dev.freshet.catalog;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A name with placeholders, such as {@code cohort:{cohortId}}. */
public record Template(String text) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_]*)}");

    /** In the order of the text, each once. */
    public Set<String> placeholders() {
        var names = new LinkedHashSet<String>();
        var matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /**
     * E-mail addresses become lower case: Thinkific does not normalise them, and names must.
     *
     * @return empty when a placeholder has no value, or an empty one
     */
    public Optional<String> render(Map<String, @Nullable String> values) {
        var rendered = new StringBuilder();
        var matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            var value = values.get(matcher.group(1));
            if (value == null || value.isEmpty()) {
                return Optional.empty();
            }
            matcher.appendReplacement(rendered, Matcher.quoteReplacement(lowerCaseEmail(value)));
        }
        return Optional.of(matcher.appendTail(rendered).toString());
    }

    private static String lowerCaseEmail(String value) {
        return value.indexOf('@') < 0 ? value : value.toLowerCase(Locale.ROOT);
    }

    /** @param valueOf from the name of a placeholder to what stands there instead */
    String fill(UnaryOperator<String> valueOf) {
        return PLACEHOLDER.matcher(text).replaceAll(match -> Matcher.quoteReplacement(valueOf.apply(match.group(1))));
    }

    /** The text between the placeholders: one more than there are places. */
    String[] literals() {
        return PLACEHOLDER.split(text, -1);
    }

    /** Whether a brace is left that belongs to no placeholder. */
    boolean hasStrayBrace() {
        return String.join("", literals()).matches("(?s).*[{}].*");
    }

    @Override
    public String toString() {
        return text;
    }
}
