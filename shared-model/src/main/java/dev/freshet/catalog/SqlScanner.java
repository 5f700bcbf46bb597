package dev.freshet.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Splits a PostgreSQL statement into code, parameters, quoted text and comments. */
final class SqlScanner {
    enum Kind {
        CODE,
        PARAMETER,
        QUOTED,
        COMMENT
    }

    /** @param text the name alone for a parameter, else as in the statement */
    record Token(Kind kind, String text) {}

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern DOLLAR = Pattern.compile("\\$([A-Za-z_][A-Za-z0-9_]*)?\\$");
    private static final Pattern ESCAPED = Pattern.compile("'(?:[^'\\\\]++|\\\\.|'')*+'", Pattern.DOTALL);

    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private int code; // where code not yet taken begins
    private int at;

    SqlScanner(String sql) {
        this.sql = sql;
    }

    /** What is left open runs to the end: the database will complain better than we could. */
    List<Token> tokens() {
        while (at < sql.length()) {
            switch (sql.charAt(at)) {
                case '\'' -> quoted(isEscapeString() ? escapedEnd() : after("'", at + 1));
                case '"' -> quoted(after("\"", at + 1));
                case '$' -> dollar();
                case '-' -> comment("--", after("\n", at));
                case '/' -> comment("/*", blockEnd());
                case ':' -> colon();
                default -> at++;
            }
        }
        takeCode();
        return tokens;
    }

    private void colon() {
        if (sql.startsWith("::", at)) {
            at += 2;
            return;
        }
        var name = NAME.matcher(sql).region(at + 1, sql.length());
        if (!name.lookingAt()) {
            at++;
            return;
        }
        take(Kind.PARAMETER, name.group(), name.end());
    }

    private void dollar() {
        var tag = DOLLAR.matcher(sql).region(at, sql.length());
        boolean insideName = at > 0 && Character.isJavaIdentifierPart(sql.charAt(at - 1));
        if (insideName || !tag.lookingAt()) {
            at++;
            return;
        }
        quoted(after(tag.group(), tag.end()));
    }

    private void quoted(int end) {
        take(Kind.QUOTED, sql.substring(at, end), end);
    }

    private void comment(String opening, int end) {
        if (!sql.startsWith(opening, at)) {
            at++;
            return;
        }
        take(Kind.COMMENT, sql.substring(at, end), end);
    }

    private void take(Kind kind, String text, int end) {
        takeCode();
        tokens.add(new Token(kind, text));
        at = end;
        code = end;
    }

    private void takeCode() {
        if (at > code) {
            tokens.add(new Token(Kind.CODE, sql.substring(code, at)));
        }
    }

    private boolean isEscapeString() {
        return at > 0
                && (sql.charAt(at - 1) == 'E' || sql.charAt(at - 1) == 'e')
                && (at == 1 || !Character.isJavaIdentifierPart(sql.charAt(at - 2)));
    }

    private int escapedEnd() {
        var matcher = ESCAPED.matcher(sql).region(at, sql.length());
        return matcher.lookingAt() ? matcher.end() : sql.length();
    }

    /** PostgreSQL nests block comments. */
    private int blockEnd() {
        int depth = 0;
        for (int i = at; i < sql.length() - 1; i++) {
            if (sql.startsWith("/*", i)) {
                depth++;
                i++;
            } else if (sql.startsWith("*/", i)) {
                depth--;
                i++;
                if (depth == 0) {
                    return i + 1;
                }
            }
        }
        return sql.length();
    }

    private int after(String closing, int from) {
        int index = sql.indexOf(closing, from);
        return index < 0 ? sql.length() : index + closing.length();
    }
}
