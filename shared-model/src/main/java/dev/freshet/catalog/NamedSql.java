package dev.freshet.catalog;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One SQL statement with named parameters such as {@code :cohortId}. Quoted text, quoted names, dollar quotes, comments
 * and casts ({@code ::int}) are left alone.
 *
 * @param text as in the catalog, without a semicolon at the end
 * @param line where it begins in the catalog, counted from 1
 */
public record NamedSql(String text, int line) {

    private static final Pattern ORDERED = Pattern.compile("(?i)\\border\\s+by\\b");
    private static final Pattern CHANGES_BY_ITSELF =
            Pattern.compile("(?i)\\b(?:current_(?:date|time|timestamp)|localtime|"
                    + "localtimestamp|(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|random|"
                    + "gen_random_uuid)\\s*\\()");

    private static final Pattern ALONE =
            Pattern.compile("(?:[Ee]?'|\"|\\$\\w*\\$)\\s*%?:([A-Za-z_]\\w*)%?\\s*(?:'|\"|\\$\\w*\\$)");

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

    /** Whether it says an order anywhere; without one PostgreSQL may give the same rows in another order each time. */
    public boolean isOrdered() {
        return hasCode(ORDERED);
    }

    /** Whether it asks the clock or chance: then its answer changes although no data does. */
    boolean changesByItself() {
        return hasCode(CHANGES_BY_ITSELF);
    }

    private boolean hasCode(Pattern wanted) {
        return tokens().stream()
                .anyMatch(token -> token.kind() == SqlScanner.Kind.CODE
                        && wanted.matcher(token.text()).find());
    }

    /** The line in the catalog where the parameter occurs first. */
    int lineOf(String parameter) {
        return firstLine(SqlScanner.Kind.PARAMETER, parameter::equals).orElse(line);
    }

    /**
     * The line where quoted text, a quoted name or a dollar quote holds the parameter, which the database would never see
     * as such.
     */
    OptionalInt quotedAt(String parameter) {
        var occurrence = Pattern.compile("(?<!:):" + parameter + "\\b");
        return firstLine(
                SqlScanner.Kind.QUOTED, text -> occurrence.matcher(text).find());
    }

    /** What stands alone between quotes and looks like a parameter, such as {@code ':name'} or {@code '%:name%'}. */
    Set<String> quotedAlone() {
        return tokens().stream()
                .filter(token -> token.kind() == SqlScanner.Kind.QUOTED)
                .map(token -> ALONE.matcher(token.text()))
                .filter(Matcher::matches)
                .map(quoted -> quoted.group(1))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The line of a semicolon that separates several statements. */
    OptionalInt severalAt() {
        return firstLine(SqlScanner.Kind.CODE, text -> text.contains(";"));
    }

    private OptionalInt firstLine(SqlScanner.Kind kind, Predicate<String> wanted) {
        int at = line;
        for (var token : tokens()) {
            if (token.kind() == kind && wanted.test(token.text())) {
                return OptionalInt.of(at);
            }
            at += (int) token.text().chars().filter(c -> c == '\n').count();
        }
        return OptionalInt.empty();
    }

    private List<SqlScanner.Token> tokens() {
        return SqlScanner.tokens(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
