package dev.freshet.queue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which dead letters are meant. Empty means any.
 *
 * @param site the site that sent it
 * @param topic what happened
 * @param error what the last error contains
 * @param since buried at this time or later
 * @param before buried earlier than this
 * @param ids one of these job ids, in which an asterisk stands for any text
 */
public record DeadFilter(
        Optional<String> site,
        Optional<String> topic,
        Optional<String> error,
        Optional<Instant> since,
        Optional<Instant> before,
        List<String> ids) {

    public DeadFilter {
        ids = List.copyOf(ids);
    }

    /** All dead letters. */
    public static DeadFilter all() {
        return new DeadFilter(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    }

    public DeadFilter withSite(String name) {
        return new DeadFilter(Optional.of(name), topic, error, since, before, ids);
    }

    public DeadFilter withTopic(String name) {
        return new DeadFilter(site, Optional.of(name), error, since, before, ids);
    }

    public DeadFilter withError(String text) {
        return new DeadFilter(site, topic, Optional.of(text), since, before, ids);
    }

    public DeadFilter withSince(Instant from) {
        return new DeadFilter(site, topic, error, Optional.of(from), before, ids);
    }

    public DeadFilter withBefore(Instant to) {
        return new DeadFilter(site, topic, error, since, Optional.of(to), ids);
    }

    public DeadFilter withIds(String... patterns) {
        return new DeadFilter(site, topic, error, since, before, List.of(patterns));
    }

    public boolean isAll() {
        return equals(all());
    }

    boolean matches(DeadLetter letter) {
        return site.map(letter.job().site()::equals).orElse(true)
                && topic.map(letter.job().topic()::equals).orElse(true)
                && error.map(letter.last().error()::contains).orElse(true)
                && since.map(from -> !letter.at().isBefore(from)).orElse(true)
                && before.map(letter.at()::isBefore).orElse(true)
                && (ids.isEmpty()
                        || ids.stream().anyMatch(id -> matches(id, letter.job().id())));
    }

    private static boolean matches(String pattern, String id) {
        return pattern.contains("*")
                ? Arrays.stream(pattern.split("\\*", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.collectingAndThen(
                                Collectors.joining(".*"), regex -> Pattern.matches(regex, id)))
                : pattern.equals(id);
    }

    /** As an operator would write it: {@code topic=user.signup since=2026-01-31T12:00:00Z}; {@code all}. */
    @Override
    public String toString() {
        var parts = new ArrayList<String>();
        site.ifPresent(name -> parts.add("site=" + name));
        topic.ifPresent(name -> parts.add("topic=" + name));
        error.ifPresent(text -> parts.add("error='" + text + "'"));
        since.ifPresent(from -> parts.add("since=" + from));
        before.ifPresent(to -> parts.add("before=" + to));
        ids.forEach(id -> parts.add("id=" + id));
        return parts.isEmpty() ? "all" : String.join(" ", parts);
    }
}
