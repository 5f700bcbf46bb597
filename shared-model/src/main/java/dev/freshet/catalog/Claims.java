package dev.freshet.catalog;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a verified token says of whoever sent it. Claims of another form, such as objects and fractions, are in neither map.
 *
 * @param values by name those that are one text, whole number or truth value
 * @param lists by name those that are several of these
 */
public record Claims(Map<String, String> values, Map<String, List<String>> lists) {
    /** Of somebody who needs no token. */
    public static final Claims NONE = new Claims(Map.of(), Map.of());

    public Claims {
        values = Map.copyOf(values);
        lists = Map.copyOf(lists);
    }

    /** @return empty when there is no such claim, when it is blank, and when it is not one value */
    public Optional<String> value(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isBlank());
    }

    /** Whether this claim is there at all, as one value or several. */
    public boolean has(String name) {
        return value(name).isPresent() || lists.containsKey(name);
    }

    /** Whether this claim is, or holds, one of these. */
    public boolean isOneOf(String name, Set<String> allowed) {
        return value(name).filter(allowed::contains).isPresent()
                || lists.getOrDefault(name, List.of()).stream().anyMatch(allowed::contains);
    }

    /** Leaves the values out: they tell of a person. */
    @Override
    public String toString() {
        return "claims " + (values.size() + lists.size());
    }
}
