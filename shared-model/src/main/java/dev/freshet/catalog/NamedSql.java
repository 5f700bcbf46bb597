package dev.freshet.catalog;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * One SQL statement with named parameters such as {@code :cohortId}. Quoted text, quoted names, dollar quotes, comments
 * and casts ({@code ::int}) are left alone.
 *
 * @param text as in the catalog, without a semicolon at the end
 * @param line where it begins in the catalog, counted from 1
 */
public record NamedSql(String text, int line) {

    public NamedSql {
        text = text.stripTrailing().replaceFirst(";$", "").stripTrailing();
    }

    /** The parameters in the order of their first occurrence. */
    public Set<String> parameters() {
        return new LinkedHashSet<>(occurrences());
    }

    /** The parameter at each place, in order; as often as it occurs. */
    public List<String> occurrences() {
        return tokens().stream()
                .filter(token -> token.kind() == SqlScanner.Kind.PARAMETER)
                .map(SqlScanner.Token::text)
                .toList();
    }

    /** For JDBC: each occurrence a question mark. */
    public String positional() {
        return rewrite(i -> "?");
    }

    /**
     * For JDBC, where a question mark of the author's own (an operator of jsonb) must be doubled.
     *
     * @param occurrence from the number of an occurrence, counted from 0, to what stands there instead
     */
    public String rewrite(IntFunction<String> occurrence) {
        return rewrite(occurrence, "??");
    }

    /** As the server sees it, {@code $1} for the first occurrence: positions in its messages count in this text. */
    public String numbered() {
        return rewrite(i -> "$" + (i + 1), "?");
    }

    private String rewrite(IntFunction<String> occurrence, String questionMark) {
        var result = new StringBuilder();
        int i = 0;
        for (var token : tokens()) {
            switch (token.kind()) {
                case PARAMETER -> result.append(occurrence.apply(i++));
                case CODE -> result.append(token.text().replace("?", questionMark));
                case QUOTED, COMMENT -> result.append(token.text());
            }
        }
        return result.toString();
    }

    /** Parameters that stand in quoted text, where the database will never see them as such. */
    List<String> quotedParameters(Set<String> known) {
        var found = new ArrayList<String>();
        for (var token : tokens()) {
            if (token.kind() == SqlScanner.Kind.QUOTED) {
                known.stream()
                        .filter(name -> token.text().matches("(?s).*(?<![:\\w]):" + name + "\\b.*"))
                        .forEach(found::add);
            }
        }
        return found;
    }

    /** Whether a semicolon separates several statements. */
    boolean isSeveral() {
        return tokens().stream()
                .anyMatch(token ->
                        token.kind() == SqlScanner.Kind.CODE && token.text().contains(";"));
    }

    private List<SqlScanner.Token> tokens() {
        return new SqlScanner(text).tokens();
    }

    @Override
    public String toString() {
        return text;
    }
}
