package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.View.Source;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads where a view's values come from. */
final class SourceParser {
    private static final List<String> FUNCTION_KEYS = List.of("function", "options");
    private static final List<String> BOARD_KEYS = List.of("member", "score", "most");
    /** What a reader of a board asks for beside its parameters. */
    private static final Set<String> BOARD_QUERY = Set.of("top", "member", "around");

    private static final int LEAST_PLACES = 100;
    private static final long USUAL_PLACES = 10_000;
    private static final int MOST_PLACES = 50_000;

    private final Values values;
    private final Templates templates;
    private final List<Parameter> params;

    /** @param templates filled by these parameters */
    SourceParser(Values values, Templates templates, List<Parameter> params) {
        this.values = values;
        this.templates = templates;
        this.params = List.copyOf(params);
    }

    /**
     * @param audit whether values must be what the database says at any time
     * @return empty when it was reported
     */
    Optional<Source> source(Section section, SourceKind kind, boolean audit) {
        return switch (kind) {
            case ROWS -> rows(section, Kind.ROWS, audit);
            case ROW -> rows(section, Kind.ROW, audit);
            case VALUE -> rows(section, Kind.VALUE, audit);
            case LEADERBOARD -> board(section);
            case FUNCTION -> function(section);
        };
    }

    private Optional<Source> board(Section section) {
        refuse(section, "is for views of kind: function", FUNCTION_KEYS);
        section.find("audit")
                .filter(e -> e.truth().orElse(false))
                .ifPresent(e -> e.error("is for views of rows", "a board is not compared with the database"));
        section.find("cdn")
                .ifPresent(e -> e.error(
                        "must not stand beside kind: leaderboard", "no shared cache is told of a score that changed"));
        params.stream()
                .map(Parameter::name)
                .filter(BOARD_QUERY::contains)
                .forEach(name -> section.element()
                        .error("has a parameter " + name + ", by which places are asked for", "call it otherwise"));
        var sql = section.require("sql", "sql: select user_id, sum(points) as points from … group by user_id")
                .flatMap(templates::sql);
        sql.ifPresent(s -> reportUnused(section, s));
        var member = section.require("member", "member: user_id").flatMap(Element::text);
        var score = section.require("score", "score: points").flatMap(Element::text);
        int most = section.find("most")
                .flatMap(e -> values.number(e, LEAST_PLACES, MOST_PLACES))
                .orElse(USUAL_PLACES)
                .intValue();
        if (member.isPresent() && member.equals(score)) {
            section.element().error("has one column as its member and its score", "they must be two");
        }
        return sql.flatMap(s -> member.flatMap(m -> score.map(by -> new Source.Board(s, m, by, most))));
    }

    private static void refuse(Section section, String reason, List<String> keys) {
        keys.forEach(key -> section.find(key).ifPresent(e -> e.error(reason)));
    }

    private Optional<Source> function(Section section) {
        refuse(section, "is for views of kind: leaderboard", BOARD_KEYS);
        section.find("sql")
                .ifPresent(e -> e.error("must not stand beside kind: function", "the function makes the values"));
        section.find("audit")
                .filter(e -> e.truth().orElse(false))
                .ifPresent(
                        e -> e.error("is for views of sql", "what a function makes is not compared with the database"));
        var options = section.find("options").map(this::options).orElse(Map.of());
        return section.require("function", "function: what-it-is-called")
                .flatMap(e -> e.text().map(name -> new Source.Function(name, options, e.line())));
    }

    private Map<String, String> options(Element element) {
        var options = new LinkedHashMap<String, String>();
        element.entries()
                .forEach((name, value) -> value.text().ifPresent(t -> options.put(name, values.fillSecret(t))));
        return options;
    }

    private Optional<Source> rows(Section section, Kind kind, boolean audit) {
        refuse(section, "is for views of kind: function", FUNCTION_KEYS);
        refuse(section, "is for views of kind: leaderboard", BOARD_KEYS);
        var sql = section.require("sql", "sql: select …").flatMap(templates::sql);
        sql.ifPresent(s -> reportUnused(section, s));
        sql.filter(s -> audit).ifPresent(s -> reportClock(section, s));
        return sql.map(s -> new Source.Rows(s, kind));
    }

    private void reportUnused(Section section, NamedSql sql) {
        params.stream()
                .map(Parameter::name)
                .filter(name -> !sql.parameters().contains(name))
                .forEach(name -> section.element()
                        .add(
                                Severity.WARNING,
                                "does not use its parameter " + name + " in sql",
                                "each of its values is an entry of its own"));
    }

    private static void reportClock(Section section, NamedSql sql) {
        if (sql.changesByItself()) {
            section.element()
                    .add(
                            Severity.WARNING,
                            "asks the clock or chance in sql, so its cached values may differ from the database",
                            "audit: false, or the audit takes them for stale");
        }
    }
}
