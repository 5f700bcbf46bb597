package dev.freshet.catalog;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the sites of a catalog. */
final class SiteParser {
    static final List<String> KEYS = List.of("scheme", "secrets");

    private final Values values;

    SiteParser(Values values) {
        this.values = values;
    }

    Optional<Site> site(String name, Element element) {
        var section = new Section(element, KEYS);
        var scheme = section.require("scheme", "scheme: thinkific")
                .flatMap(e -> e.text(
                        "one of "
                                + String.join(
                                        ", ", Site.SCHEMES.stream().sorted().toList()),
                        text -> Optional.of(text).filter(Site.SCHEMES::contains)));
        var secrets = section.require("secrets", "secrets: \"${" + name.toUpperCase(Locale.ROOT) + "_SECRETS}\"")
                .map(e -> values.secrets(e, "every request of site " + name + " is refused"));
        return Optional.of(new Site(name, scheme.orElse(""), secrets.orElse(List.of())));
    }
}
