package dev.freshet.ingest;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Scheme;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which sites may have sent a request. The address decides, never the body. */
final class Sites {
    /** The site that the address of a scheme means, where there are several. */
    private static final String DEFAULT = "main";

    private final Map<String, Sender> byName;

    Sites(Catalog catalog) {
        this.byName = catalog.sites().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, site -> new Sender(site.getValue())));
    }

    /**
     * The site of {@code /webhooks/NAME}: the one called so, unless it is an application, whose address is {@code
     * /events}, or else the only one of the scheme called so, or that scheme's main one.
     */
    Optional<Sender> webhook(String name) {
        return Optional.ofNullable(byName.get(name))
                .filter(sender -> !sender.site().isApplication())
                .or(() -> Scheme.named(name).flatMap(this::only));
    }

    /** The site of {@code /webhooks/SCHEME/NAME}. */
    Optional<Sender> webhook(String scheme, String name) {
        return Scheme.named(scheme).flatMap(known -> of(known, name));
    }

    private Optional<Sender> only(Scheme scheme) {
        var all = byName.values().stream()
                .filter(sender -> sender.site().scheme() == scheme)
                .toList();
        return all.size() == 1 ? Optional.of(all.getFirst()) : of(scheme, DEFAULT);
    }

    private Optional<Sender> of(Scheme scheme, String name) {
        return Optional.ofNullable(byName.get(name))
                .filter(sender -> sender.site().scheme() == scheme);
    }

    /** The applications that may write; each signs with its own secret. */
    List<Sender> applications() {
        return byName.values().stream()
                .filter(sender -> sender.site().isApplication())
                .toList();
    }

    /** The applications that may write this event. */
    List<Sender> writers(EventRule rule) {
        return applications().stream()
                .filter(sender -> rule.accepts(sender.site().name()))
                .toList();
    }
}
