package dev.freshet.catalog;

import dev.freshet.settings.Spelling;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads templates and SQL, and checks that everything in them is filled. */
final class Templates {
    private final Set<String> known;
    private final boolean open;
    private final String remedy;

    /**
     * @param known what fills placeholders and SQL parameters
     * @param open whether placeholders may be filled by something that only the database knows
     * @param remedy where a further name would be declared
     */
    Templates(Set<String> known, boolean open, String remedy) {
        this.known = Set.copyOf(known);
        this.open = open;
        this.remedy = remedy;
    }

    List<Template> list(Element element) {
        return element.items().stream().flatMap(item -> one(item).stream()).toList();
    }

    Optional<Template> one(Element element) {
        return element.text().map(text -> {
            var template = new Template(text);
            if (template.hasStrayBrace()) {
                element.error("has a brace without a name in '" + text + "'", "placeholders are such as {cohortId}");
            }
            for (var name : template.placeholders()) {
                if (!open && !known.contains(name)) {
                    element.error("has {" + name + "}, which nothing fills", Spelling.hint(name, known, remedy));
                }
            }
            return template;
        });
    }

    Optional<NamedSql> sql(Element element) {
        return element.text().map(text -> {
            var sql = new NamedSql(text, element.textLine());
            sql.severalAt()
                    .ifPresent(at -> element.error(at, "must be one statement", "join several with a WITH clause"));
            for (var name : sql.parameters()) {
                if (!known.contains(name)) {
                    element.error(
                            sql.lineOf(name),
                            "has :" + name + ", which nothing fills",
                            Spelling.hint(name, known, remedy));
                }
            }
            var quotable = new LinkedHashSet<>(known);
            quotable.addAll(sql.quotedAlone());
            for (var name : quotable) {
                sql.quotedAt(name)
                        .ifPresent(at -> element.error(
                                at, "has :" + name + " inside quotes, where it is only text", "take the quotes away"));
            }
            return sql;
        });
    }
}
