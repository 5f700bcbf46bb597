package dev.freshet.catalog;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whose score an event changes, in which board. Parameters of the board that the event says nothing of stand for each of
 * their values.
 *
 * @param board a view of kind leaderboard
 * @param member as the board's SQL writes it; an e-mail address may also be meant in lower case
 */
public record ScoreTemplate(View board, Template member) {
    /** Boards that one change of one member may concern. */
    static final int MOST_BOARDS = 100;

    /** What must be known of an event, beside what each value of which is listed. */
    public Set<String> placeholders() {
        var names = new LinkedHashSet<>(member.placeholders());
        board.params().stream()
                .filter(parameter -> parameter.oneOf().isEmpty())
                .map(Parameter::name)
                .forEach(names::add);
        return names;
    }

    /** @return nothing where a value is missing, or is one that the board does not take */
    Stream<Score> render(Map<String, @Nullable String> values) {
        if (member.placeholders().stream().anyMatch(name -> isEmpty(values.get(name)))) {
            return Stream.empty();
        }
        var name = member.fill(placeholder -> String.valueOf(values.get(placeholder)));
        var names = name.indexOf('@') < 0 ? Stream.of(name) : Stream.of(name, name.toLowerCase(Locale.ROOT));
        var boards = boards(values);
        return names.distinct().flatMap(one -> boards.stream().map(which -> new Score(board.name(), which, one)));
    }

    private List<Map<String, String>> boards(Map<String, @Nullable String> values) {
        List<Map<String, String>> boards = List.of(Map.of());
        for (var parameter : board.params()) {
            var choices = choices(parameter, values.get(parameter.name()));
            boards = boards.stream()
                    .flatMap(before -> choices.stream().map(choice -> with(before, parameter.name(), choice)))
                    .toList();
        }
        return boards;
    }

    private static List<String> choices(Parameter parameter, @Nullable String value) {
        return value == null
                ? parameter.oneOf().stream()
                        .flatMap(one -> parameter.accept(one).stream())
                        .toList()
                : Optional.of(value).flatMap(parameter::accept).stream().toList();
    }

    private static Map<String, String> with(Map<String, String> values, String name, String value) {
        var more = new LinkedHashMap<>(values);
        more.put(name, value);
        return more;
    }

    private static boolean isEmpty(@Nullable String value) {
        return value == null || value.isEmpty();
    }
}
