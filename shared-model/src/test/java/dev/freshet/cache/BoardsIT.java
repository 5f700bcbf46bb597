package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.cache.BoardMoves.Look;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoardsIT {
    private static final int MOST = 100;
    private static final List<Tag> TAGS = List.of(new Tag("board"));
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(10));
    private static final Request REQUEST = new Request("board", "k", TAGS, LIFETIME, "");

    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheKeys keys = new CacheKeys(options.prefix(), 1);
    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final TagCache cache = new TagCache(server, options);
    private final BoardMoves moves = new BoardMoves(server, keys);
    private final Boards boards = new Boards(cache);
    private final Table table =
            new Table().with("ada", 3).with("bob", 5).with("cy", 5).with("dan", 1);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void theHighestScoresComeFirstAndOfEqualOnesTheHigherName() {
        assertThat(top(10)).containsExactly("cy=5.0", "bob=5.0", "ada=3.0", "dan=1.0");
        assertThat(top(2)).containsExactly("cy=5.0", "bob=5.0");
        assertThat(read(new BoardRange.Top(1)).rows())
                .containsExactly(new BoardRow("cy", 5, "{\"name\":\"name of cy\"}"));
        assertThat(table.builds).hasValue(1);
    }

    @Test
    void aReadSaysHowItWasComeBy() {
        var first = read(new BoardRange.Top(1));
        assertThat(first.outcome()).isEqualTo(Outcome.MISS);
        assertThat(first.size()).isEqualTo(4);
        assertThat(read(new BoardRange.Top(1)))
                .isEqualTo(new Standing(Outcome.HIT, first.loadedAt(), 4, 0, first.rows()));
        change("ada", 4);
        assertThat(read(new BoardRange.Top(1)).outcome()).isEqualTo(Outcome.MISS);
        assertThat(read(new BoardRange.Top(1)).outcome()).isEqualTo(Outcome.HIT);
    }

    @Test
    void aMemberHasAPlaceAndNeighbours() {
        assertThat(around("ada", 0)).containsExactly("ada=3.0");
        assertThat(read(new BoardRange.Of("ada", 0)).before()).isEqualTo(2);
        assertThat(around("ada", 1)).containsExactly("bob=5.0", "ada=3.0", "dan=1.0");
        assertThat(around("cy", 2)).containsExactly("cy=5.0", "bob=5.0", "ada=3.0");
        assertThat(around("eve", 2)).isEmpty();
        assertThat(read(new BoardRange.Of("eve", 0)).size()).isEqualTo(4);
    }

    @Test
    void ofAMarkedMemberTheScoreIsLoadedAndOfNobodyElse() {
        top(10);
        table.with("ada", 100).with("bob", 200);
        boards.mark(Map.of("k", List.of("ada")));
        assertThat(top(10)).containsExactly("ada=100.0", "cy=5.0", "bob=5.0", "dan=1.0");
        assertThat(top(10)).hasSize(4);
        assertThat(table.builds).hasValue(1);
        assertThat(table.patches).hasValue(1);
    }

    @Test
    void membersComeAndGoByTheirMarks() {
        top(10);
        table.scores.remove("cy");
        change("eve", 4);
        boards.mark(Map.of("k", List.of("cy", "nobody")));
        assertThat(top(10)).containsExactly("bob=5.0", "eve=4.0", "ada=3.0", "dan=1.0");
        assertThat(table.builds).hasValue(1);
        assertThat(table.patches).hasValue(1);
    }

    @Test
    void anInvalidatedTagBuildsAllAnew() {
        top(10);
        table.with("ada", 100).with("bob", 200);
        cache.invalidate(TAGS);
        assertThat(top(2)).containsExactly("bob=200.0", "ada=100.0");
        assertThat(table.builds).hasValue(2);
    }

    @Test
    void whatIsMarkedDuringABuildIsHeededAfterIt() {
        var slow = new Table() {
            @Override
            public List<BoardRow> best(int count) {
                var rows = super.best(count);
                change(this, "ada", 7);
                return rows;
            }
        };
        slow.with("ada", 1);
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), slow).rows())
                .extracting(BoardRow::score)
                .containsExactly(7.0);
        assertThat(slow.builds).hasValue(1);
    }

    /** A put that took its mark away would let the second build bring the old score back. */
    @Test
    void aPutDoesNotHideItsMarkFromABuildThatBeganBefore() {
        top(10);
        cache.refresh(REQUEST, () -> {
            var old = new Table() {
                @Override
                public List<BoardRow> best(int count) {
                    var rows = table.best(count);
                    change("dan", 50);
                    assertThat(top(1)).as("patched into the first build").containsExactly("dan=50.0");
                    return rows;
                }
            };
            return Value.of(boards.build("k", LIFETIME, MOST, old), LIFETIME);
        });
        assertThat(top(1)).containsExactly("dan=50.0");
        assertThat(table.builds).hasValue(2);
    }

    @Test
    void aPutThatComesTooLateIsRefused() {
        top(10);
        var build = stored();
        change("ada", 7);
        var marked = (Look.Marked) look(build);
        change("ada", 8);
        assertThat(top(1)).containsExactly("ada=8.0");
        assertThat(server.await(moves.put("k", build, marked, List.of(new BoardRow("ada", 7, "{}")))))
                .isFalse();
        assertThat(top(1)).containsExactly("ada=8.0");
    }

    @Test
    void aPutThatIsOvertakenByAMarkLeavesTheMemberMarked() {
        top(10);
        var build = stored();
        change("ada", 7);
        var marked = (Look.Marked) look(build);
        change("ada", 8);
        assertThat(server.await(moves.put("k", build, marked, List.of(new BoardRow("ada", 7, "{}")))))
                .isTrue();
        assertThat(top(1)).containsExactly("ada=8.0");
    }

    @Test
    void rowsThatArriveOnceMoreBringNothingBack() {
        top(10);
        var build = stored();
        change("ada", 7);
        top(1);
        var rows = List.of(new BoardRow("ada", 3, "{}"));
        assertThat(server.await(moves.stage("k", build, rows, 4, Duration.ofMinutes(1))))
                .as("it is whole")
                .isTrue();
        assertThat(top(1)).containsExactly("ada=7.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"e", "m", "s", "r", "t"})
    void anyOfItsKeysMayBeLost(String kind) {
        top(10);
        change("ada", 7);
        top(10);
        table.with("bob", 9);
        assertThat(lose(kind)).isEqualTo(1);
        boards.mark(Map.of("k", List.of("bob"))); // there may be nothing to mark
        assertThat(top(10)).containsExactly("bob=9.0", "ada=7.0", "cy=5.0", "dan=1.0");
        assertThat(top(10)).hasSize(4);
        assertThat(table.builds).hasValue(2);
    }

    @Test
    void aBuildWhoseMarksAreLostIsNotRead() {
        var unlucky = new Table() {
            @Override
            public List<BoardRow> best(int count) {
                var rows = super.best(count);
                if (builds.get() == 1) {
                    lose("m");
                    change(this, "ada", 7); // finds nothing to mark
                }
                return rows;
            }
        };
        unlucky.with("ada", 1);
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), unlucky).rows())
                .extracting(BoardRow::score)
                .containsExactly(7.0);
        assertThat(unlucky.builds).hasValue(2);
    }

    @Test
    void anOpenThatArrivesOnceMoreBringsNoLostMarksBack() {
        top(10);
        var token = Moves.newToken();
        var opened = server.await(moves.open("k", token, Duration.ofMinutes(1)));
        lose("m");
        var first = server.await(moves.open("k", token, Duration.ofMinutes(1)));
        lose("m");
        var again = server.await(moves.open("k", token, Duration.ofMinutes(1)));
        assertThat(List.of(opened.marks(), first.marks(), again.marks())).doesNotHaveDuplicates();
    }

    @Test
    void ofManyMarksTheBoardIsBuiltAnew() {
        top(10);
        var many = IntStream.range(0, Boards.MOST_PATCHED + 1)
                .mapToObj(i -> "m" + i)
                .toList();
        many.forEach(member -> table.with(member, 9));
        boards.mark(Map.of("k", many));
        assertThat(read(new BoardRange.Top(1)).size()).isEqualTo(MOST);
        assertThat(table.patches).hasValue(0);
        assertThat(table.builds).hasValue(2);
    }

    @Test
    void marksAreBounded() {
        top(10);
        for (int i = 0; i < 11; i++) {
            int part = i;
            boards.mark(Map.of(
                    "k",
                    IntStream.range(0, Boards.MOST_MARKED / 10)
                            .mapToObj(j -> part + "-" + j)
                            .toList()));
        }
        assertThat(exists("m")).isZero();
        table.with("ada", 7);
        assertThat(top(1)).containsExactly("ada=7.0");
        boards.mark(Map.of(
                "k",
                IntStream.rangeClosed(0, Boards.MOST_MARKED)
                        .mapToObj(String::valueOf)
                        .toList()));
        assertThat(exists("m")).isZero();
    }

    @Test
    void whatIsNotReadIsNotMarked() {
        boards.mark(Map.of("k", List.of("ada")));
        assertThat(exists("m")).isZero();
    }

    @Test
    void ofALargeTableTheBestAreKept() {
        var large = new Table();
        IntStream.range(0, 300).forEach(i -> large.with("m%03d".formatted(i), i));
        var standing = boards.read(REQUEST, MOST, new BoardRange.Top(1_000), large);
        assertThat(standing.size()).isEqualTo(MOST);
        assertThat(standing.rows())
                .hasSize(MOST)
                .first()
                .extracting(BoardRow::score)
                .isEqualTo(299.0);
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Of("m200", 1), large)
                        .rows())
                .extracting(BoardRow::member)
                .containsExactly("m201", "m200");
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Of("m199", 1), large)
                        .rows())
                .isEmpty();
    }

    @Test
    void whoFallsBelowTheLastRowLeavesAndWhoNobodyKnowsComesByABuild() {
        var large = new Table();
        IntStream.range(0, 300).forEach(i -> large.with("m%03d".formatted(i), i));
        boards.read(REQUEST, MOST, new BoardRange.Top(1), large);
        for (int i = 299; i > 299 - MOST / 10; i--) {
            change(large, "m%03d".formatted(i), 0);
            assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), large).size())
                    .isEqualTo(MOST);
        }
        assertThat(large.builds).hasValue(1);
        change(large, "m250", 0);
        var standing = boards.read(REQUEST, MOST, new BoardRange.Top(1_000), large);
        assertThat(large.builds).as("there are no more to spare").hasValue(2);
        assertThat(standing.rows())
                .extracting(BoardRow::member)
                .startsWith("m289")
                .contains("m189")
                .hasSize(MOST);
    }

    @Test
    void amongEqualsAtTheEndTheNameDecides() {
        var large = new Table();
        IntStream.range(0, 300).forEach(i -> large.with("m%03d".formatted(i), 0));
        boards.read(REQUEST, MOST, new BoardRange.Top(1), large);
        boards.mark(Map.of("k", List.of("m299", "m190", "m189")));
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1_000), large).rows())
                .extracting(BoardRow::member)
                .startsWith("m299")
                .endsWith("m200");
        assertThat(stored().floor()).isEqualTo(new BoardRow("m190", 0, ""));
        assertThat(count("s")).as("m189 has no place").isEqualTo(MOST + MOST / 10 + 1);
    }

    @Test
    void aBoardMayBeEmpty() {
        var empty = new Table();
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), empty).rows())
                .isEmpty();
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Of("ada", 1), empty)
                        .size())
                .isZero();
        change(empty, "ada", 0);
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), empty).rows())
                .hasSize(1);
        assertThat(empty.builds).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", ":", "", "m:7", "Ünal \"x\"\n", "-1", "{c:0}"})
    void aMemberMayHaveAnyName(String name) {
        change(name, -0.5);
        assertThat(around(name, 0)).containsExactly(name + "=-0.5");
        change(name, 6e200);
        assertThat(top(1)).containsExactly(name + "=6.0E200");
        table.scores.remove(name);
        boards.mark(Map.of("k", List.of(name)));
        assertThat(around(name, 0)).isEmpty();
        assertThat(top(10)).hasSize(4);
    }

    @Test
    void whatARefusedBuildBroughtIsReadByItsReaderAndFreed() {
        var overtaken = new Table() {
            @Override
            public List<BoardRow> best(int count) {
                cache.invalidate(TAGS);
                return super.best(count);
            }
        };
        overtaken.with("ada", 1);
        assertThat(boards.read(REQUEST, MOST, new BoardRange.Top(1), overtaken).rows())
                .hasSize(1);
        assertThat(names("[sre]")).isEmpty();
    }

    @Test
    void theRowsOfABuildThatIsReplacedGoSoon() {
        top(10);
        var first = stored();
        cache.invalidate(TAGS);
        top(10);
        long left = server.await(server.send("x", s -> s.commands().pttl(keys.scores("k", first.id()))));
        assertThat(left).isBetween(1L, 60_000L);
        long kept = server.await(server.send("x", s -> s.commands().pttl(keys.rows("k", stored().id()))));
        assertThat(kept).isGreaterThan(600_000L);
    }

    @Test
    void clearLeavesNothingOfABoard() {
        top(10);
        change("ada", 7);
        cache.clear();
        assertThat(names("*")).isEmpty();
        assertThat(top(1)).containsExactly("ada=7.0");
        cache.delete("k");
        table.with("ada", 8);
        assertThat(top(1)).containsExactly("ada=8.0");
    }

    @Test
    void whatIsMarkedIsLoadedAheadWhereSomebodyReads() {
        top(10);
        assertThat(boards.patch(REQUEST, table)).as("nothing is marked").isFalse();
        change("ada", 7);
        assertThat(boards.patch(REQUEST, table)).isTrue();
        assertThat(boards.patch(REQUEST, table)).isFalse();
        assertThat(read(new BoardRange.Top(1)).outcome()).isEqualTo(Outcome.HIT);
        assertThat(top(1)).containsExactly("ada=7.0");
        var unread = new Request("board", "other", TAGS, LIFETIME, "");
        boards.mark(Map.of("other", List.of("ada")));
        assertThat(boards.patch(unread, table)).isFalse();
        assertThat(table.patches).hasValue(1);
    }

    @Test
    void whoIsNoReaderIsToldHowItStands() {
        assertThat(condition()).isEmpty();
        top(10);
        assertThat(condition()).contains(new Boards.Condition(true, 4, 0));
        boards.mark(Map.of("k", List.of("ada", "nobody")));
        assertThat(condition()).contains(new Boards.Condition(true, 4, 2));
        assertThat(table.patches).as("nothing is loaded for them").hasValue(0);
        lose("m");
        assertThat(condition()).contains(new Boards.Condition(false, 4, 0));
        cache.set(REQUEST, new byte[] {'[', ']'});
        assertThat(condition()).as("no board").isEmpty();
    }

    private Optional<Boards.Condition> condition() {
        return new Survey(server, options)
                .look(List.of("k")).stream().findFirst().flatMap(boards::condition);
    }

    @Test
    void aMemberThatComesTwiceIsRefused() {
        var twice = new Table() {
            @Override
            public List<BoardRow> best(int count) {
                return List.of(new BoardRow("ada", 1, "{}"), new BoardRow("ada", 2, "{}"));
            }
        };
        assertThatThrownBy(() -> boards.read(REQUEST, MOST, new BoardRange.Top(1), twice))
                .isInstanceOf(IllegalArgumentException.class)
                .isNotInstanceOf(RedisException.class);
    }

    @Test
    void aFailedLoadOfMarkedMembersLeavesThemMarked() {
        top(10);
        change("ada", 7);
        var broken = new Table() {
            @Override
            public List<BoardRow> of(Collection<String> members) {
                throw new IllegalStateException("the database is away");
            }
        };
        assertThatThrownBy(() -> boards.read(REQUEST, MOST, new BoardRange.Top(1), broken))
                .hasMessage("the database is away");
        assertThat(top(1)).containsExactly("ada=7.0");
    }

    private void change(String member, double score) {
        change(table, member, score);
    }

    private void change(Table where, String member, double score) {
        where.with(member, score);
        boards.mark(Map.of("k", List.of(member)));
    }

    private Standing read(BoardRange range) {
        return boards.read(REQUEST, MOST, range, table);
    }

    private List<String> top(int count) {
        return texts(read(new BoardRange.Top(count)));
    }

    private List<String> around(String member, int count) {
        return texts(read(new BoardRange.Of(member, count)));
    }

    private static List<String> texts(Standing standing) {
        return standing.rows().stream()
                .map(row -> row.member() + "=" + row.score())
                .toList();
    }

    private Look look(Build build) {
        return server.await(moves.look("k", build, new BoardRange.Top(1), null, 10, true));
    }

    private Build stored() {
        return server.await(moves.stored("k")).orElseThrow();
    }

    private List<String> names(String kinds) {
        var pattern = CacheKeys.escape(options.prefix()) + ":{c:*}:" + kinds + ":*";
        return new Scan(server)
                .pages(pattern)
                .flatMap(page -> page.names().stream())
                .toList();
    }

    private String name(String kind) {
        return switch (kind) {
            case "s" -> keys.scores("k", stored().id());
            case "r" -> keys.rows("k", stored().id());
            case "m" -> keys.marks("k");
            case "t" -> keys.epoch(0, TAGS.getFirst());
            default -> keys.entry("k");
        };
    }

    private long lose(String kind) {
        var name = name(kind);
        return server.await(server.send(name, session -> session.commands().del(name)));
    }

    private long exists(String kind) {
        var name = name(kind);
        return server.await(server.send(name, session -> session.commands().exists(name)));
    }

    private long count(String kind) {
        var name = name(kind);
        return server.await(server.send(name, session -> session.commands().zcard(name)));
    }
}
