package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.View.Source;
import java.util.List;
import java.util.Optional;

/** Reads where a view's values come from. */
final class SourceParser {
    private final Templates templates;
    private final List<Parameter> params;

    /** @param templates filled by these parameters */
    SourceParser(Templates templates, List<Parameter> params) {
        this.templates = templates;
        this.params = List.copyOf(params);
    }

    /**
     * @param audit whether values must be what the database says at any time
     * @return empty when it was reported
     */
    Optional<Source> source(Section section, Kind kind, boolean audit) {
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
