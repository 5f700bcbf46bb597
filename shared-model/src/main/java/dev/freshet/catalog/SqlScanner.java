package dev.freshet.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
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

    /** What is left open runs to the end: the database will complain better than we could. */
    private static final Pattern TOKEN = Pattern.compile("""
            (?<quoted> (?<![\\p{L}\\p{N}_$]) [Ee]'(?:[^'\\\\]++|\\\\.|'')*+(?:'|\\\\?\\z)
                | '[^']*+(?:'|\\z)
                | "[^"]*+(?:"|\\z)
                | (?<![\\p{L}\\p{N}_$]) \\$(?<tag>(?:[A-Za-z_]\\w*)?)\\$ .*? (?:\\$\\k<tag>\\$|\\z))
            | (?<line>--[^\\n]*+\\n?)
            | (?<block>/\\*)
            | ::
            | :(?<name>[A-Za-z_]\\w*)""", Pattern.COMMENTS | Pattern.DOTALL);

    private SqlScanner() {}

    static List<Token> tokens(String sql) {
        var tokens = new ArrayList<Token>();
        var matcher = TOKEN.matcher(sql);
        int code = 0; // where code not yet taken begins
        int at = 0;
        while (matcher.find(at)) {
            int start = matcher.start();
            at = matcher.group("block") == null ? matcher.end() : blockEnd(sql, start);
            var kind = kind(matcher);
            if (kind != Kind.CODE) {
                code(tokens, sql.substring(code, start));
                tokens.add(new Token(kind, kind == Kind.PARAMETER ? matcher.group("name") : sql.substring(start, at)));
                code = at;
            }
        }
        code(tokens, sql.substring(code));
        return tokens;
    }

    private static void code(List<Token> tokens, String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.CODE, text));
        }
    }

    private static Kind kind(Matcher matcher) {
        if (matcher.group("quoted") != null) {
            return Kind.QUOTED;
        }
        if (matcher.group("name") != null) {
            return Kind.PARAMETER;
        }
        return matcher.group().equals("::") ? Kind.CODE : Kind.COMMENT;
    }

    /** PostgreSQL nests block comments. */
    private static int blockEnd(String sql, int from) {
        int depth = 0;
        for (int i = from; i < sql.length() - 1; i++) {
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
}
