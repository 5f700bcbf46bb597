package dev.freshet.queue;

import java.time.Instant;
import java.util.Optional;

/**
 * Which dead letters are meant. Empty means any.
 *
 * @param site the site that sent it
 * @param topic what happened
 * @param error what the last error contains
 * @param since buried at this time or later
 */
public record DeadFilter(
        Optional<String> site, Optional<String> topic, Optional<String> error, Optional<Instant> since) {

    /** All dead letters. */
    public static DeadFilter all() {
        return new DeadFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    boolean matches(DeadLetter letter) {
        return site.map(letter.job().site()::equals).orElse(true)
                && topic.map(letter.job().topic()::equals).orElse(true)
                && error.map(letter.last().error()::contains).orElse(true)
                && since.map(from -> !letter.at().isBefore(from)).orElse(true);
    }
}
