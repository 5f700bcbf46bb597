package dev.freshet.catalog;

import dev.freshet.model.Job;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what changes of tables mean. */
final class ChangesParser {
    static final List<String> KEYS = List.of("columns", "with", "lookup", "tags", "paths", "scores");

    private static final String PART = "[^.\\p{Cntrl}]{1,63}";

    private final ScoreParser scores;

    ChangesParser(ScoreParser scores) {
        this.scores = scores;
    }

    Map<String, TableChange> changes(Element element) {
        var changes = new LinkedHashMap<String, TableChange>();
        element.entries().forEach((table, value) -> {
            if (!table.matches(PART + "(\\." + PART + ")?")) {
                value.error("names no table", "write it as PostgreSQL has it: runs, Course or sales.orders");
            } else if (table.startsWith("public.")) {
                value.error("names the schema public", "leave it away");
            }
            changes.put(table, change(table, value));
        });
        return Collections.unmodifiableMap(changes);
    }

    private TableChange change(String table, Element element) {
        var section = new Section(element, KEYS);
        var with = section.find("with").map(ChangesParser::with).orElse(Map.of());
        var known = new HashSet<>(with.keySet());
        known.add(EventRule.RECEIVED_AT);
        var own = new Templates(known, false, "declare it under with");
        var names = section.find("lookup").isPresent() ? new Templates(known, true, "") : own;
        var rule = new EventRule(
                TableChange.TOPIC + table,
                null,
                Set.of(Job.CAPTURE),
                pointers(with.keySet()),
                null,
                null,
                null,
                section.find("lookup").flatMap(own::sql).orElse(null),
                section.find("tags")
                        .or(() -> section.find("scores").isPresent()
                                ? Optional.empty()
                                : section.require("tags", "tags: [ " + table + " ]"))
                        .map(names::list)
                        .orElse(List.of()),
                section.find("paths").map(e -> EventParser.pages(e, names)).orElse(List.of()),
                List.of(),
                section.find("scores")
                        .map(e -> scores.scores(e, names, section.find("lookup").isPresent() ? null : known))
                        .orElse(List.of()));
        return new TableChange(
                table,
                section.find("columns").map(ChangesParser::columns).orElse(Set.of()),
                with,
                rule,
                element.line());
    }

    private static Set<String> columns(Element element) {
        var columns = new LinkedHashSet<String>();
        element.items().forEach(item -> item.text().ifPresent(columns::add));
        return columns;
    }

    /** A list names columns; a mapping gives a name to an SQL expression. */
    private static Map<String, String> with(Element element) {
        var result = new LinkedHashMap<String, String>();
        if (element.isMapping()) {
            element.entries().forEach((name, value) -> value.text().ifPresent(sql -> put(result, value, name, sql)));
        } else {
            for (var item : element.items()) {
                item.text().ifPresent(column -> put(result, item, column, quoted(column)));
            }
        }
        return result;
    }

    private static void put(Map<String, String> with, Element element, String name, String expression) {
        if (!EventParser.isParameterName(name)) {
            element.error(
                    "has the name '" + name + "', which is none",
                    "use letters, digits and _, such as day: \"created::date\"; receivedAt is taken");
        }
        with.put(name, expression);
    }

    private static String quoted(String column) {
        return '"' + column.replace("\"", "\"\"") + '"';
    }

    /** Where the values stand in a row as it is written down. */
    private static BodyValues pointers(Set<String> names) {
        var result = new LinkedHashMap<String, Pointer>();
        names.stream()
                .filter(EventParser::isParameterName)
                .forEach(name -> result.put(name, Pointer.parse("/" + name + "?")));
        return new BodyValues(result);
    }
}
