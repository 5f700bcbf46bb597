package dev.freshet.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the parameters of a view. */
final class ParameterParser {
    static final List<String> KEYS = List.of("type", "default", "min", "max", "maxLength", "oneOf", "claim");

    private final Values values;

    ParameterParser(Values values) {
        this.values = values;
    }

    List<Parameter> parameters(Element element) {
        var result = new ArrayList<Parameter>();
        element.entries().forEach((name, value) -> {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_]{0,63}")) {
                value.error("has a name that is none", "use letters, digits and _");
            }
            var parameter = value.isText()
                    ? value.choice(ParameterType.class).map(type -> Parameter.of(name, type))
                    : parameter(name, value);
            result.add(
                    parameter.orElseGet(() -> Parameter.of(name, ParameterType.TEXT))); // reported; known all the same
        });
        return result;
    }

    private Optional<Parameter> parameter(String name, Element element) {
        var section = new Section(element, KEYS);
        var type = section.require("type", "type: int").flatMap(e -> e.choice(ParameterType.class));
        var min = number(section, "min", Long.MIN_VALUE);
        var max = number(section, "max", Long.MAX_VALUE);
        if (min > max) {
            element.error("has a min above its max");
        }
        int maxLength = (int) (long)
                section.find("maxLength").flatMap(e -> values.number(e, 1, 400)).orElse((long)
                        Parameter.DEFAULT_MAX_LENGTH);
        var oneOf = section.find("oneOf").map(values::list).orElse(List.of());
        var claim = section.find("claim").flatMap(ParameterParser::claim);
        if (claim.isPresent()) {
            section.find("default")
                    .ifPresent(e -> e.error(
                            "must not stand beside claim", "whose token does not say it would read somebody else's"));
        }
        return type.map(t -> {
            var parameter = new Parameter(name, t, null, min, max, maxLength, oneOf, claim.orElse(null));
            return section.find("default")
                    .flatMap(e -> e.text(expectedDefault(parameter), parameter::acceptDefault))
                    .map(parameter::withFallback)
                    .orElse(parameter);
        });
    }

    private static Optional<String> claim(Element element) {
        return element.text(
                "the name of a claim such as sub",
                text -> Optional.of(text).filter(t -> t.matches("[\\x21-\\x7e]{1,128}")));
    }

    private static String expectedDefault(Parameter parameter) {
        return parameter.expected() + (parameter.type() == ParameterType.DATE ? ", or today" : "");
    }

    private long number(Section section, String key, long otherwise) {
        return section.find(key)
                .flatMap(e -> values.number(e, Long.MIN_VALUE, Long.MAX_VALUE))
                .orElse(otherwise);
    }
}
