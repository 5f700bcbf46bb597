package dev.freshet.cache.jdbi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.model.Tag;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jspecify.annotations.Nullable;

/** A text with placeholders that a method's arguments fill. Checked when the method is, not when it is called. */
final class MethodTemplate {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)}");
    private static final String NULL = "~"; // nothing else is written so
    private static final JsonMapper JSON =
            JsonMapper.builder().findAndAddModules().build();

    private final String text;
    private final List<Value> values = new ArrayList<>();

    /** @throws IllegalArgumentException when a placeholder names nothing that the method takes */
    MethodTemplate(Method method, String text) {
        this.text = text;
        var matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            values.add(value(method, matcher.group(1)));
        }
        if (PLACEHOLDER.matcher(text).replaceAll("").matches(".*[{}].*")) {
            throw new IllegalArgumentException(
                    Methods.name(method) + " has a brace that belongs to no placeholder in '" + text + "'");
        }
    }

    /**
     * The template of a method's keys.
     *
     * @param text empty for all parameters, in their order
     * @throws IllegalArgumentException also when two different calls could share a key
     */
    static MethodTemplate ofKey(Method method, String text) {
        var parameters = method.getParameters();
        var all = Arrays.stream(parameters)
                .map(parameter -> "{" + name(parameter) + "}")
                .collect(Collectors.joining(":"));
        var template = new MethodTemplate(method, text.isEmpty() ? all : text);
        for (int i = 0; i < parameters.length; i++) {
            int index = i;
            if (template.values.stream().noneMatch(value -> value.index() == index)) {
                throw new IllegalArgumentException(Methods.name(method) + " must have {" + name(parameters[i])
                        + "} in its key, else different answers share one entry");
            }
        }
        var literals = PLACEHOLDER.split(template.text, -1);
        if (!Arrays.stream(literals, 1, Math.max(1, literals.length - 1)).allMatch(l -> l.matches(".*[:/|,;].*"))) {
            throw new IllegalArgumentException(Methods.name(method)
                    + " must have one of : / | , ; between two placeholders of its key, else different answers share one"
                    + " entry");
        }
        return template;
    }

    /** A key: different arguments never share one. */
    String key(Object[] arguments) {
        return fill(
                arguments,
                value -> value == null
                        ? NULL
                        : URLEncoder.encode(unlikeOthers(value), StandardCharsets.UTF_8)
                                .replace("%40", "@"));
    }

    /**
     * The name of a tag, which need not be {@link Tag#isValid valid}, its e-mail addresses in lower case as everywhere; empty
     * when a placeholder has no value.
     */
    Optional<String> tagName(Object[] arguments) {
        boolean isWhole = values.stream()
                .map(value -> value.of(arguments))
                .allMatch(value -> value != null && !value.toString().isBlank());
        return isWhole
                ? Optional.of(fill(
                        arguments,
                        value -> lowerCaseEmail(Objects.requireNonNull(value).toString())))
                : Optional.empty();
    }

    /** The text with its placeholders empty. Keys of two templates that look the same may be the same. */
    String shape() {
        return PLACEHOLDER.matcher(text).replaceAll("{}");
    }

    /** {@code [a, b]} is how one text in a list may be written, or two; as JSON they differ. */
    private static String unlikeOthers(Object value) {
        boolean hasParts = value instanceof Iterable || value instanceof Map || value instanceof Record;
        try {
            return hasParts ? JSON.writeValueAsString(value) : value.toString();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "a key must be made of what JSON can write, was a "
                            + value.getClass().getName() + "; name its parts: {parameter.part}",
                    e);
        }
    }

    private String fill(Object[] arguments, Function<@Nullable Object, String> write) {
        var filled = new StringBuilder();
        var matcher = PLACEHOLDER.matcher(text);
        for (int i = 0; matcher.find(); i++) {
            var value = values.get(i).of(arguments);
            matcher.appendReplacement(filled, Matcher.quoteReplacement(write.apply(value)));
        }
        return matcher.appendTail(filled).toString();
    }

    private static String lowerCaseEmail(String value) {
        return value.indexOf('@') < 0 ? value : value.toLowerCase(Locale.ROOT);
    }

    private static Value value(Method method, String placeholder) {
        var parts = placeholder.split("\\.", -1);
        var parameters = method.getParameters();
        int index = IntStream.range(0, parameters.length)
                .filter(i -> name(parameters[i]).equals(parts[0]))
                .findFirst()
                .orElseThrow(() -> unknown(method, placeholder));
        var accessors = new ArrayList<Method>();
        Class<?> type = parameters[index].getType();
        for (var property : Arrays.asList(parts).subList(1, parts.length)) {
            var accessor = accessor(type, property).orElseThrow(() -> unknown(method, placeholder));
            accessors.add(accessor);
            type = accessor.getReturnType();
        }
        if (type.isArray()) {
            throw new IllegalArgumentException(
                    Methods.name(method) + " cannot write {" + placeholder + "}, which is an array; take a list");
        }
        if (!type.isPrimitive() && !Modifier.isAbstract(type.getModifiers()) && !writesItself(type)) {
            throw new IllegalArgumentException(Methods.name(method) + " cannot write {" + placeholder + "}, since "
                    + type.getSimpleName() + " has no toString; name its parts: {" + placeholder + ".part}");
        }
        return new Value(index, accessors);
    }

    /** {@code Object}, of which anything may be, is given the benefit of the doubt. */
    private static boolean writesItself(Class<?> type) {
        return type.equals(Object.class)
                || Arrays.stream(type.getMethods())
                        .filter(method -> method.getName().equals("toString") && method.getParameterCount() == 0)
                        .noneMatch(method -> method.getDeclaringClass().equals(Object.class));
    }

    private static Optional<Method> accessor(Class<?> type, String property) {
        if (property.isEmpty()) {
            return Optional.empty();
        }
        var getter = "get" + property.substring(0, 1).toUpperCase(Locale.ROOT) + property.substring(1);
        return Arrays.stream(type.getMethods())
                .filter(method ->
                        method.getName().equals(property) || method.getName().equals(getter))
                .filter(method -> method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers()))
                .findFirst();
    }

    private static String name(Parameter parameter) {
        var bind = parameter.getAnnotation(Bind.class);
        return bind == null || bind.value().isEmpty() || bind.value().equals(Bind.NO_VALUE)
                ? parameter.getName()
                : bind.value();
    }

    private static IllegalArgumentException unknown(Method method, String placeholder) {
        var known =
                Arrays.stream(method.getParameters()).map(MethodTemplate::name).collect(Collectors.joining(", "));
        return new IllegalArgumentException(Methods.name(method) + " has {" + placeholder
                + "}, which names none of its parameters or their properties; it takes "
                + (known.isEmpty() ? "none" : known) + ". Compile with -parameters, or name them by @Bind");
    }

    /** One argument, or what lies within it. */
    private record Value(int index, List<Method> accessors) {
        @Nullable Object of(Object[] arguments) {
            Object value = arguments[index];
            for (var accessor : accessors) {
                if (value == null) {
                    return null;
                }
                try {
                    accessor.setAccessible(true);
                    value = accessor.invoke(value);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException("cannot read " + Methods.name(accessor), e);
                }
            }
            return value;
        }
    }
}
