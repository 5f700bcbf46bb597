package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.freshet.cache.BoardRange;
import dev.freshet.cache.BoardRow;
import dev.freshet.cache.Standing;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View.Source;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which places of a board a request asks for, and how they are answered: {@code top} for the first ones, {@code member} for
 * one, {@code around} for those beside it.
 */
record BoardAnswer(BoardRange range, boolean isOne) {
    /** Places that are answered to who does not say how many. */
    static final int USUAL = 10;

    private static final int LONGEST_MEMBER = 400;
    private static final double MOST_EXACT = 1L << 53;

    /**
     * @param given what is asked for; without what was taken from it afterwards
     * @throws ParameterException when places are asked for as they cannot be
     */
    static BoardAnswer take(Source.Board board, Map<String, String> given) {
        var member = given.remove("member");
        var top = given.remove("top");
        var around = given.remove("around");
        if (member == null) {
            if (around != null) {
                throw new ParameterException("around is for a member; give member too");
            }
            return new BoardAnswer(new BoardRange.Top(number("top", top, 1, mostTop(board), USUAL)), false);
        }
        if (top != null) {
            throw new ParameterException("top and member cannot be asked for at once; take one of them");
        }
        if (member.length() > LONGEST_MEMBER || member.chars().anyMatch(Character::isISOControl)) {
            throw new ParameterException("member must be text of at most " + LONGEST_MEMBER
                    + " characters, none of them a control character");
        }
        return new BoardAnswer(
                new BoardRange.Of(member, number("around", around, 0, BoardRange.MOST_AROUND, 0)), around == null);
    }

    static int mostTop(Source.Board board) {
        return Math.min(board.most(), BoardRange.MOST);
    }

    /** {@code {"size": …, "members": [ … ]}}, or for one member its place beside the size, {@code null} when it has none. */
    byte[] json(Standing standing) {
        var json = new StringBuilder();
        if (isOne) {
            if (standing.rows().isEmpty()) {
                json.append("null");
            } else {
                json.append("{\"size\":").append(standing.size()).append(',');
                place(json, standing.before() + 1, standing.rows().getFirst());
                json.append('}');
            }
            return json.toString().getBytes(UTF_8);
        }
        json.append("{\"size\":").append(standing.size()).append(",\"members\":[");
        int rank = standing.before();
        for (var row : standing.rows()) {
            rank++;
            json.append(rank == standing.before() + 1 ? "{" : ",{");
            place(json, rank, row);
            json.append('}');
        }
        return json.append("]}").toString().getBytes(UTF_8);
    }

    private static void place(StringBuilder json, int rank, BoardRow row) {
        json.append("\"rank\":").append(rank).append(",\"member\":\"");
        JsonStringEncoder.getInstance().quoteAsString(row.member(), json);
        json.append("\",\"score\":").append(score(row.score()));
        var columns = row.columns();
        if (columns.length() > 2) {
            json.append(',').append(columns, 1, columns.length() - 1);
        }
    }

    /** Whole numbers as such. */
    private static String score(double score) {
        return Math.abs(score) <= MOST_EXACT && score == Math.rint(score)
                ? Long.toString((long) score)
                : Double.toString(score);
    }

    private static int number(String name, @Nullable String text, int min, int max, int otherwise) {
        if (text == null) {
            return otherwise;
        }
        int number = text.matches("\\d{1,6}") ? Integer.parseInt(text) : -1;
        if (number < min || number > max) {
            throw new ParameterException(name + " must be a whole number from " + min + " to " + max + ", was '"
                    + (text.length() <= 40 ? text : text.substring(0, 40) + "…") + "'");
        }
        return number;
    }
}
