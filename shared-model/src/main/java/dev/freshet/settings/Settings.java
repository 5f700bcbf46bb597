package dev.freshet.settings;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The environment, seen through typed getters that name the setting in every complaint. An empty value counts as not
 * set. A value of the form {@code file:/path} is read from that file, without the line end, so that secrets need not
 * stand in the environment.
 *
 * <p>What was read is remembered: {@link #refuseUnknown} finds misspelled names, {@link #describe} prints the rest.
 */
public final class Settings {
    private static final List<String> SECRET_MARKS = List.of("PASSWORD", "SECRET", "TOKEN", "KEY_FILE");

    /** Families of which each process reads a part, and what only some of them read of these and others. */
    private static final List<String> SHARED = List.of("RATE_LIMIT_", "CACHE_TTL_");

    private static final Set<String> OF_ANY_PROCESS = Set.of(
            "QUEUE_PATIENCE",
            "RATE_LIMIT_API_REQUESTS",
            "RATE_LIMIT_CACHE_REQUESTS",
            "RATE_LIMIT_DATABASE_REQUESTS",
            "RATE_LIMIT_IDENTIFIER_REQUESTS",
            "RATE_LIMIT_REFUSED_REQUESTS",
            "RATE_LIMIT_TIMEOUT",
            "RATE_LIMIT_WEBHOOK_REQUESTS",
            "RATE_LIMIT_WINDOW_MS");

    /** What {@link #parsePart} reads, as complaints say it. */
    public static final String PART = "a number from 0 to 1 such as 0.85";

    private final Map<String, String> environment;
    private final Map<String, String> read = new TreeMap<>();
    private final Set<String> known = new TreeSet<>();
    private final Set<String> secrets = new HashSet<>();

    public Settings(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** @return empty when the setting is absent or empty */
    public Optional<String> find(String name) {
        known.add(name);
        var value = environment.get(name);
        if (value == null || value.isBlank()) {
            return Optional.empty();
        }
        read.put(name, mask(name, value));
        return Optional.of(fromFile(name, value));
    }

    /** As {@link #find}, and masked wherever it is printed, whatever its name. */
    public Optional<String> findSecret(String name) {
        secrets.add(name);
        return find(name);
    }

    public String text(String name, String fallback) {
        return find(name).orElseGet(() -> remember(name, fallback));
    }

    public Duration duration(String name, Duration fallback) {
        return typed(
                name,
                fallback,
                Durations.EXPECTED,
                text -> Durations.parse(text).orElseThrow(),
                Durations::format);
    }

    /** A whole number between the bounds, both allowed. */
    public int number(String name, int fallback, int min, int max) {
        return typed(
                name,
                fallback,
                "a whole number from " + min + " to " + max,
                text -> {
                    int value = Integer.parseInt(text.strip());
                    if (value < min || value > max) {
                        throw new IllegalArgumentException();
                    }
                    return value;
                },
                String::valueOf);
    }

    /** As {@link #number(String, int, int, int)}, for numbers that may be large. */
    public long number(String name, long fallback, long min, long max) {
        return typed(
                name,
                fallback,
                "a whole number from " + min + " to " + max,
                text -> {
                    long value = Long.parseLong(text.strip());
                    if (value < min || value > max) {
                        throw new IllegalArgumentException();
                    }
                    return value;
                },
                String::valueOf);
    }

    /** @return a part of one, from 0 to 1, both allowed; empty when the setting is absent */
    public Optional<Double> part(String name) {
        return find(name)
                .map(text -> parsePart(text)
                        .orElseThrow(() ->
                                new SettingException(name + " must be " + PART + ", was '" + mask(name, text) + "'")));
    }

    /** @return empty when the text is not {@link #PART} */
    public static Optional<Double> parsePart(String text) {
        return Optional.of(text.strip())
                .filter(t -> t.matches("(0|1|0?\\.\\d{1,9}|1\\.0{1,9})"))
                .map(Double::valueOf);
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String name, boolean fallback) {
        return typed(
                name,
                fallback,
                "true or false",
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException();
                },
                String::valueOf);
    }

    /** @return empty when the setting is absent */
    public Optional<URI> uri(String name) {
        return find(name).map(text -> {
            try {
                return URI.create(text.strip());
            } catch (IllegalArgumentException e) {
                throw new SettingException(name + " must be a URL, was not (" + mask(name, text) + ")");
            }
        });
    }

    /** Values separated by commas, blanks around them dropped; an absent setting is an empty list. */
    public List<String> list(String name) {
        return find(name)
                .map(text -> Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    /**
     * Refuses what is misspelled: a limit or ttl that is nobody's must not be missed in silence. To be called when
     * everything was read, the catalog too.
     *
     * @param prefixes the families of names that belong to this process, such as {@code WORKER_}
     * @throws SettingException naming a set variable of these families that nothing has read, or one of limits and
     *     ttls that no process reads
     */
    public void refuseUnknown(String... prefixes) {
        var all = new TreeSet<>(known);
        all.addAll(OF_ANY_PROCESS);
        for (var name : new TreeSet<>(environment.keySet())) {
            boolean isShared = SHARED.stream().anyMatch(name::startsWith);
            boolean isOwn = Arrays.stream(prefixes).anyMatch(name::startsWith);
            if (!all.contains(name) && (isShared || isOwn)) {
                throw new SettingException(name + " is no setting of " + (isShared ? "any" : "this") + " process"
                        + Spelling.nearest(name, all)
                                .map(other -> "; did you mean " + other + "?")
                                .orElse(""));
            }
        }
    }

    /** Every setting read so far as {@code NAME=value}, by name, secrets and passwords in URLs masked. */
    public List<String> describe() {
        return read.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private <T> T typed(
            String name, T fallback, String expected, Function<String, T> parse, Function<T, String> format) {
        var text = find(name);
        if (text.isEmpty()) {
            remember(name, format.apply(fallback));
            return fallback;
        }
        try {
            return parse.apply(text.get().strip());
        } catch (RuntimeException e) {
            throw new SettingException(name + " must be " + expected + ", was '" + mask(name, text.get()) + "'");
        }
    }

    private String remember(String name, String value) {
        read.put(name, mask(name, value));
        return value;
    }

    private static String fromFile(String name, String value) {
        if (!value.startsWith("file:")) {
            return value;
        }
        try {
            return Files.readString(Path.of(value.substring("file:".length()))).stripTrailing();
        } catch (Exception e) {
            throw new SettingException(name + " names a file that cannot be read: " + value);
        }
    }

    private String mask(String name, String value) {
        if (secrets.contains(name) || SECRET_MARKS.stream().anyMatch(name::contains)) {
            return "***";
        }
        return value.replaceAll("(://[^:/@]*:)[^@]*@", "$1***@")
                .replaceAll("(rediss?(?:-sentinel)?://)[^:/@]+@", "$1***@") // without a colon it is the password
                .replaceAll("(?i)(password=)[^&]*", "$1***");
    }
}
