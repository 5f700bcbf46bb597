package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds values that every delivery must have although nothing uses them. */
final class WithCheck {
    private final Map<String, View> views;

    /** @param views all of the catalog */
    WithCheck(Map<String, View> views) {
        this.views = views;
    }

    /** @param event one whose form is right */
    void event(Element event, EventRule rule) {
        var used = used(rule);
        Optional.ofNullable(event.entries().get("with"))
                .map(Element::entries)
                .orElse(Map.of())
                .forEach((name, value) -> {
                    var pointer = rule.with().pointers().get(name);
                    if (pointer != null && !pointer.optional() && !used.contains(name)) {
                        value.add(
                                Severity.WARNING,
                                "is used nowhere, and a delivery without it becomes a dead letter",
                                "take it out, or end it with ? if it may be missing");
                    }
                });
    }

    private Set<String> used(EventRule rule) {
        var names = new HashSet<String>();
        Optional.ofNullable(rule.version()).ifPresent(names::add);
        Stream.of(
                        Optional.ofNullable(rule.identity()).map(Template::placeholders).stream(),
                        Optional.ofNullable(rule.apply()).map(NamedSql::parameters).stream(),
                        Optional.ofNullable(rule.lookup()).map(NamedSql::parameters).stream(),
                        rule.tags().stream().map(Template::placeholders),
                        rule.paths().stream().map(PageTemplate::placeholders),
                        rule.scores().stream().map(score -> score.member().placeholders()))
                .flatMap(placeholders -> placeholders)
                .forEach(names::addAll);
        Stream.concat(
                        rule.scores().stream().map(ScoreTemplate::board),
                        rule.through().stream().flatMap(name -> Stream.ofNullable(views.get(name))))
                .map(View::params)
                .flatMap(Collection::stream)
                .map(Parameter::name)
                .forEach(names::add);
        return names;
    }
}
