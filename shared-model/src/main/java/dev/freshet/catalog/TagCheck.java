package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.settings.Spelling;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds tags of views that no event can name: such an entry would be stale until its ttl ends. */
final class TagCheck {
    private final List<Template> named;

    TagCheck(Collection<EventRule> events) {
        named = events.stream().flatMap(rule -> rule.tags().stream()).distinct().toList();
    }

    /** @param view one whose form is right */
    void view(Element view) {
        Optional.ofNullable(view.entries().get("tags"))
                .map(Element::items)
                .orElse(List.of())
                .forEach(item -> item.text().map(Template::new).ifPresent(tag -> tag(item, tag)));
    }

    private void tag(Element item, Template tag) {
        if (named.stream().noneMatch(other -> mayBe(tag, other) || mayBe(other, tag))) {
            var near = Spelling.nearest(
                    shape(tag), named.stream().map(TagCheck::shape).toList());
            item.add(
                    Severity.WARNING,
                    "has " + tag + ", which no event invalidates",
                    near.map(shape -> "did you mean " + named(shape, tag) + "?").orElse(""));
        }
    }

    /** Whether the first can become what the second becomes when each placeholder is a letter. */
    private static boolean mayBe(Template template, Template other) {
        var regex = Arrays.stream(template.literals()).map(Pattern::quote).collect(Collectors.joining(".+"));
        return other.fill(name -> "x").matches(regex);
    }

    /** Two tags with placeholders of other names are alike. */
    private static String shape(Template tag) {
        return tag.fill(name -> "{}");
    }

    private static String named(String shape, Template tag) {
        var text = shape;
        for (var name : tag.placeholders()) {
            text = text.replaceFirst("\\{}", "{" + name + "}");
        }
        return text;
    }
}
