package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.View.Source;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads where a view's values come from. */
final class SourceParser {
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
            case FUNCTION -> function(section);
        };
    }

    private Optional<Source> function(Section section) {
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
        for (var key : List.of("function", "options")) {
            section.find(key).ifPresent(e -> e.error("is for views of kind: function"));
        }
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
