package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaderboardTest {
    private static final String CATALOG = """
            application: x
            sites: { app: { scheme: freshet, secrets: s } }
            views:
              board:
                kind: leaderboard
                key: board:{club}:{period}
                params:
                  club: int
                  period: { type: text, oneOf: [ week, all ], default: all }
                sql: select user_id, km from runs where club = :club and period = :period
                member: user_id
                score: km
                tags: [ "club:{club}" ]
                ttl: 10m
            events:
              run.saved:
                from: app
                with: { club: /payload/club, user: "/payload/user?" }
                tags: [ "club:{club}" ]
                scores: [ { board: board, member: "{user}" } ]
            """;

    @TempDir
    Path directory;

    @Test
    void aBoardRanksMembersByAColumn() throws Exception {
        var view = view(CATALOG);
        assertThat(view.source()).isInstanceOfSatisfying(View.Source.Board.class, board -> {
            assertThat(board.member()).isEqualTo("user_id");
            assertThat(board.score()).isEqualTo("km");
            assertThat(board.most()).isEqualTo(10_000);
        });
        assertThat(view.audit()).isFalse();
        for (var change : List.of("score: km\n    most: 100", "score: id")) {
            assertThat(view(CATALOG.replace("score: km", change)).fingerprint()).isNotEqualTo(view.fingerprint());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "member: user_id\\n    score|score|4: views.board has no member; such as member: user_id",
                "score: km\\n    tags|tags|4: views.board has no score; such as score: points",
                "score: km|score: user_id|4: views.board has one column as its member and its score; they must be two",
                "score: km|score: km\\n    most: 99|13: views.board.most must be a whole number from 100 to 50000, was '99'",
                "score: km|score: km\\n    cdn: 1m|13: views.board.cdn must not stand beside kind: leaderboard; no shared cache is told of a score that changed",
                "score: km|score: km\\n    audit: true|13: views.board.audit is for views of rows; a board is not compared with the database",
                "score: km|score: km\\n    absentFor: 1m|13: views.board.absentFor is for views of kind row, value or function; an array without rows is kept for the ttl",
                "score: km|score: km\\n    options: {}|13: views.board.options is for views of kind: function",
                "kind: leaderboard|kind: rows|11: views.board.member is for views of kind: leaderboard",
                "club|top|4: views.board has a parameter top, by which places are asked for; call it otherwise",
                "board: board|board: bord|20: events.run.saved.scores.board names the board bord, which there is not; did you mean board?",
                "member: \"{user}\"|member: \"{usr}\"|20: events.run.saved.scores.member has {usr}, which nothing fills; did you mean user?",
                "member: \"{user}\"|member: 7|20: events.run.saved.scores has the member '7', which is always the same; such as member: \"{userId}\"",
                ", oneOf: [ week, all ]||20: events.run.saved.scores does not say which period of board; give the change a value of that name, or the parameter a oneOf",
            })
    void whatIsWrongIsSaid(String before, @Nullable String after, String problem) {
        var yaml = CATALOG.replace(before.replace("\\n", "\n"), after == null ? "" : after.replace("\\n", "\n"));
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("x.yaml:" + problem);
    }

    @ParameterizedTest
    @CsvSource({"score: km, skore: km", "kind: leaderboard, kind: leaderbord", "ttl: 10m, ttl: soon"})
    void whoNamesABoardThatIsBrokenIsNotWrong(String before, String after) {
        assertThatThrownBy(() -> read(CATALOG.replace(before, after)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("views.board")
                .hasMessageNotContaining("events.");
        assertThatThrownBy(() -> read(CATALOG.replace(before, after).replace("board: board", "board: bord")))
                .hasMessageContaining("names the board bord, which there is not; did you mean board?");
    }

    @Test
    void anEventMarksItsMemberInEachBoardThatItMayConcern() throws Exception {
        assertThat(scores("{\"club\": 3, \"user\": \"7\"}"))
                .containsExactly(
                        new Score("board", Map.of("club", "3", "period", "week"), "7"),
                        new Score("board", Map.of("club", "3", "period", "all"), "7"));
        assertThat(scores("{\"club\": 3}")).as("of nobody").isEmpty();
        assertThat(scores("{\"club\": \"none\", \"user\": \"7\"}"))
                .as("no such board")
                .isEmpty();
    }

    @Test
    void aRowOfALookupNamesFurtherBoards() throws Exception {
        var rule =
                rule(CATALOG.replace("    tags: [ \"club:{club}\" ]\n    scores", "    lookup: select 1\n    scores"));
        var event = rule.read("{\"payload\": {\"club\": 3, \"user\": \"7\"}}".getBytes(UTF_8), Instant.EPOCH);
        var rows = List.of(Map.<String, @Nullable String>of("club", "4", "period", "all", "user", "8"));
        assertThat(rule.scores(event, rows))
                .contains(new Score("board", Map.of("club", "3", "period", "week"), "7"))
                .contains(new Score("board", Map.of("club", "4", "period", "all"), "8"))
                .hasSize(3);
    }

    @Test
    void anAddressIsMeantInLowerCaseToo() throws Exception {
        assertThat(scores("{\"club\": 3, \"user\": \"Ada@Example.com\"}"))
                .extracting(Score::member)
                .containsExactly("Ada@Example.com", "Ada@Example.com", "ada@example.com", "ada@example.com");
    }

    @Test
    void whatIsPersonalIsNotPrinted() throws Exception {
        assertThat(scores("{\"club\": 3, \"user\": \"ada\"}").toString()).doesNotContain("ada");
    }

    private List<Score> scores(String payload) throws Exception {
        var rule = rule(CATALOG);
        var event = rule.read(("{\"payload\": " + payload + "}").getBytes(UTF_8), Instant.EPOCH);
        return List.copyOf(rule.scores(event, List.of()));
    }

    private EventRule rule(String yaml) throws Exception {
        return Objects.requireNonNull(read(yaml).events().get("run.saved"));
    }

    private View view(String yaml) throws Exception {
        return Objects.requireNonNull(read(yaml).views().get("board"));
    }

    private Catalog read(String yaml) throws Exception {
        var file = Files.writeString(directory.resolve("x.yaml"), yaml);
        return CatalogReader.read(file.toString(), Map.of());
    }
}
