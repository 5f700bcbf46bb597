package dev.freshet.catalog;

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
            List.of("hitRate", "views", "hit", "read", "api", "session", "queriesSaved", "reads");

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
                section.find("views").map(this::views).orElse(Map.of()),
                section.find("hit").flatMap(this::time),
                section.find("read").flatMap(this::time),
                section.find("api").flatMap(this::time),
                section.find("session").flatMap(this::time),
                section.find("queriesSaved").flatMap(values::part),
                section.find("reads").flatMap(e -> values.number(e, 1, MOST_READS)));
    }

    private Map<String, Double> views(Element element) {
        var rates = new LinkedHashMap<String, Double>();
        element.entries().forEach((name, rate) -> {
            if (!names.contains(name)) {
                rate.error("is no view", Spelling.hint(name, names, "there are " + String.join(", ", names)));
            }
            values.part(rate).ifPresent(part -> rates.put(name, part));
        });
        return Collections.unmodifiableMap(rates);
    }

    private Optional<Duration> time(Element element) {
        var time = values.duration(element);
        if (time.filter(t -> !t.isPositive()).isPresent()) {
            element.error("must be more than 0", "such as 10ms");
        }
        return time;
    }
}
