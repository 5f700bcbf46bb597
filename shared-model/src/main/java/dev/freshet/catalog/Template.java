package dev.freshet.catalog;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A name with placeholders, such as {@code cohort:{cohortId}}. Two with the same text are equal. */
public final class Template {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_]*)}");

    private final String text;
    /** The text between the placeholders: one more than there are names. */
    private final String[] literals;

    private final String[] names;

    /** What it comes to when it has no placeholders. */
    private final Optional<String> constant;

    public Template(String text) {
        this.text = text;
        this.literals = PLACEHOLDER.split(text, -1);
        this.names =
                PLACEHOLDER.matcher(text).results().map(match -> match.group(1)).toArray(String[]::new);
        this.constant = names.length == 0 ? Optional.of(text) : Optional.empty();
    }

    public String text() {
        return text;
    }

    /** In the order of the text, each once. */
    public Set<String> placeholders() {
        return new LinkedHashSet<>(List.of(names));
    }

    /**
     * E-mail addresses become lower case: Thinkific does not normalise them, and names must.
     *
     * @return empty when a placeholder has no value, or an empty one
     */
    public Optional<String> render(Map<String, @Nullable String> values) {
        if (names.length == 0) {
            return constant;
        }
        var rendered = new StringBuilder(text.length() + 32).append(literals[0]);
        for (int i = 0; i < names.length; i++) {
            var value = values.get(names[i]);
            if (value == null || value.isEmpty()) {
                return Optional.empty();
            }
            rendered.append(lowerCaseEmail(value)).append(literals[i + 1]);
        }
        return Optional.of(rendered.toString());
    }

    private static String lowerCaseEmail(String value) {
        return value.indexOf('@') < 0 ? value : value.toLowerCase(Locale.ROOT);
    }

    /** @param valueOf from the name of a placeholder to what stands there instead */
    String fill(UnaryOperator<String> valueOf) {
        var filled = new StringBuilder(literals[0]);
        for (int i = 0; i < names.length; i++) {
            filled.append(valueOf.apply(names[i])).append(literals[i + 1]);
        }
        return filled.toString();
    }

    /** The text between the placeholders: one more than there are places. */
    String[] literals() {
        return literals.clone();
    }

    /** Whether a brace is left that belongs to no placeholder. */
    boolean hasStrayBrace() {
        return String.join("", literals).matches("(?s).*[{}].*");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Template template && text.equals(template.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
