package dev.freshet.catalog;

import dev.freshet.settings.Spelling;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads whose scores a change changes. */
final class ScoreParser {
    private final Declared<View> views;

    /** @param views all of the catalog */
    ScoreParser(Declared<View> views) {
        this.views = views;
    }

    /**
     * @param names fills members
     * @param known what fills the parameters of boards; null when only the database knows
     */
    List<ScoreTemplate> scores(Element element, Templates names, @Nullable Set<String> known) {
        return element.items().stream()
                .flatMap(item -> score(item, names, known).stream())
                .toList();
    }

    private Optional<ScoreTemplate> score(Element element, Templates names, @Nullable Set<String> known) {
        var section = new Section(element, List.of("board", "member"));
        var member = section.require("member", "member: \"{userId}\"").flatMap(names::one);
        var board = section.require("board", "board: leaderboard").flatMap(this::board);
        var score = board.flatMap(b -> member.map(m -> new ScoreTemplate(b, m)));
        score.ifPresent(s -> check(element, s, known));
        return score;
    }

    private Optional<View> board(Element element) {
        var name = element.text();
        var board = name.flatMap(views::find).filter(ScoreParser::isBoard);
        if (name.isPresent() && board.isEmpty() && !views.isReported(name.get())) {
            var boards = views.names().stream()
                    .filter(other -> views.find(other).map(ScoreParser::isBoard).orElse(true))
                    .toList();
            element.error(
                    "names the board " + name.get() + ", which there is not",
                    Spelling.hint(
                            name.get(),
                            boards,
                            boards.isEmpty()
                                    ? "there is no view of kind: leaderboard"
                                    : "boards: " + String.join(", ", boards)));
        }
        return board;
    }

    private static boolean isBoard(View view) {
        return view.source() instanceof View.Source.Board;
    }

    private static void check(Element element, ScoreTemplate score, @Nullable Set<String> known) {
        if (score.member().placeholders().isEmpty()) {
            element.error(
                    "has the member '" + score.member() + "', which is always the same",
                    "such as member: \"{userId}\"");
        }
        long boards = 1;
        for (var parameter : score.board().params()) {
            boolean isListed = !parameter.oneOf().isEmpty();
            boards *= Math.max(1, parameter.oneOf().size());
            if (!isListed && known != null && !known.contains(parameter.name())) {
                element.error(
                        "does not say which " + parameter.name() + " of "
                                + score.board().name(),
                        "give the change a value of that name, or the parameter a oneOf");
            }
        }
        if (boards > ScoreTemplate.MOST_BOARDS) {
            element.error(
                    "may concern " + boards + " boards for one member",
                    "give the change values for the parameters, so that it is at most " + ScoreTemplate.MOST_BOARDS);
        }
    }
}
