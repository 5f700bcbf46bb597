package dev.freshet.catalog;

import dev.freshet.settings.Spelling;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A mapping whose keys are fixed by the format. */
final class Section {
    private final Element element;
    private final Map<String, Element> entries;

    /** Reports every key that is not among these. */
    Section(Element element, List<String> keys) {
        this.element = element;
        entries = element.entries();
        entries.forEach((key, value) -> {
            if (!keys.contains(key)) {
                value.error(
                        "is no key of the format", Spelling.hint(key, keys, "known here: " + String.join(", ", keys)));
            }
        });
    }

    Element element() {
        return element;
    }

    Optional<Element> find(String key) {
        return Optional.ofNullable(entries.get(key));
    }

    /** Reports an absent key, with an example of what would be right. */
    Optional<Element> require(String key, String example) {
        var found = find(key);
        if (found.isEmpty()) {
            element.error("has no " + key, "such as " + example);
        }
        return found;
    }
}
