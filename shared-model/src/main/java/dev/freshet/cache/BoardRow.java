package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * A member of a board.
 *
 * @param score a finite number
 * @param columns what else is known of it; opaque to the cache
 */
public record BoardRow(String member, double score, String columns) implements Comparable<BoardRow> {

    /** @throws IllegalArgumentException when the score is no finite number */
    public BoardRow {
        if (!Double.isFinite(score)) {
            throw new IllegalArgumentException("a score must be a finite number, was " + score);
        }
        score = score + 0.0; // there is but one zero
    }

    /** The better one first: the higher score, and of equal scores the member that is the higher by its bytes. */
    @Override
    public int compareTo(BoardRow other) {
        int byScore = Double.compare(other.score, score);
        return byScore != 0 ? byScore : Arrays.compareUnsigned(other.member.getBytes(UTF_8), member.getBytes(UTF_8));
    }
}
