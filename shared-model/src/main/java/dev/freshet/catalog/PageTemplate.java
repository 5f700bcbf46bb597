package dev.freshet.catalog;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pages that an event changes.
 *
 * @param path such as {@code /dashboard/{cohortId}}
 * @param version how new such a page is at least once it is fresh; empty when the event does not say
 */
public record PageTemplate(Template path, Optional<Template> version) {

    /** What fills both, each name once. */
    public Set<String> placeholders() {
        var names = new LinkedHashSet<>(path.placeholders());
        version.ifPresent(template -> names.addAll(template.placeholders()));
        return names;
    }

    /** Empty when the path has no value; a version that has none leaves a page without one. */
    Optional<Page> render(Map<String, @Nullable String> values) {
        return path.render(values).map(text -> new Page(text, version.flatMap(template -> template.render(values))));
    }
}
