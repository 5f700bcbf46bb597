package dev.freshet.catalog;

import dev.freshet.catalog.Targets.OfView;
import dev.freshet.settings.Spelling;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads what an application expects of its cache. */
final class TargetsParser {
    static final List<String> KEYS =
            List.of("hitRate", "warnBelow", "views", "hit", "read", "api", "session", "queriesSaved", "reads");

    static final List<String> OF_VIEW = List.of("hitRate", "read");

    private static final long MOST_READS = 10_000_000;

    private final Values values;
    private final Collection<String> names;

    /** @param names of the views */
    TargetsParser(Values values, Collection<String> names) {
        this.values = values;
        this.names = names;
    }

    Targets targets(Element element) {
        var section = new Section(element, KEYS);
        return new Targets(
                section.find("hitRate").flatMap(values::part),
                section.find("warnBelow").flatMap(values::part),
                section.find("views").map(this::views).orElse(Map.of()),
                section.find("hit").flatMap(this::time),
                section.find("read").flatMap(this::time),
                section.find("api").flatMap(this::time),
                section.find("session").flatMap(this::time),
                section.find("queriesSaved").flatMap(values::part),
                section.find("reads").flatMap(e -> values.number(e, 1, MOST_READS)));
    }

    private Map<String, OfView> views(Element element) {
        var views = new LinkedHashMap<String, OfView>();
        element.entries().forEach((name, view) -> {
            if (!names.contains(name)) {
                view.error("is no view", Spelling.hint(name, names, "there are " + String.join(", ", names)));
            }
            views.put(name, view.isMapping() ? ofView(view) : new OfView(values.part(view), Optional.empty()));
        });
        return Collections.unmodifiableMap(views);
    }

    private OfView ofView(Element element) {
        var section = new Section(element, OF_VIEW);
        return new OfView(
                section.find("hitRate").flatMap(values::part),
                section.find("read").flatMap(this::time));
    }

    private Optional<Duration> time(Element element) {
        var time = values.duration(element);
        if (time.filter(t -> !t.isPositive()).isPresent()) {
            element.error("must be more than 0", "such as 10ms");
        }
        return time;
    }
}
