package dev.freshet.ingest;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Site;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which sites may have sent a request. The address decides, never the body. */
final class Sites {
    /** The site that an address without a site's name means, where there are several. */
    private static final String DEFAULT = "main";

    private final Map<String, Site> byName;

    Sites(Catalog catalog) {
        this.byName = Map.copyOf(catalog.sites());
    }

    /** The site of {@code /webhooks/SCHEME/NAME}. */
    Optional<Site> webhook(String scheme, String name) {
        return Optional.ofNullable(byName.get(name))
                .filter(site -> site.scheme().equals(scheme));
    }

    /** The site of {@code /webhooks/SCHEME}: the only one, or else the one called main. */
    Optional<Site> webhook(String scheme) {
        var all = byName.values().stream()
                .filter(site -> site.scheme().equals(scheme))
                .toList();
        return all.size() == 1 ? Optional.of(all.getFirst()) : webhook(scheme, DEFAULT);
    }

    /** The applications that may write; each signs with its own secret. */
    List<Site> applications() {
        return byName.values().stream().filter(Site::isApplication).toList();
    }

    /** The applications that may write this event. */
    List<Site> writers(EventRule rule) {
        return applications().stream().filter(site -> rule.accepts(site.name())).toList();
    }
}
