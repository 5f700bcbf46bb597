package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import java.time.Instant;
import java.util.List;

/**
 * Places of a board.
 *
 * @param outcome how they were come by; a miss also when only marked members had to be loaded
 * @param loadedAt a moment before the data of the board as a whole was read; scores may be newer
 * @param size how many places the board has
 * @param before how many places come before these
 * @param rows in the order of their places; empty when there are none, or the member that was asked for has none
 */
public record Standing(Outcome outcome, Instant loadedAt, int size, int before, List<BoardRow> rows) {
    public Standing {
        rows = List.copyOf(rows);
    }
}
