package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.cache.BoardRange;
import dev.freshet.cache.BoardRow;
import dev.freshet.catalog.NamedSql;
import dev.freshet.catalog.View.Source;
import dev.freshet.testing.TestServices;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoardQueryIT {
    private static final Map<String, @Nullable String> NONE = Map.of();
    private static Database database;
    private Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute("""
                    create table runs (user_id int, "userName" text, km numeric(10, 2), club int);
                    insert into runs values (1, 'ada', 3, 1), (1, 'ada', 4.5, 1), (2, 'bob', 7.5, 1), (3, 'cy', 1, 1),
                        (4, 'dan', null, 1), (null, 'nobody', 9, 1), (5, 'eve', 'NaN', 1), (9, 'zoe', 100, 2);
                    create table odd (id bigserial primary key, name text, code varchar(9), raw uuid default gen_random_uuid(), w float8);
                    insert into odd (name, code, w) values ('Ünal', 'a', 1), ('ünal', 'b', 1), ('Z', 'c', 1),
                        ('', 'd', 'Infinity')""");
        }
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        connection = database.connection();
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private final BoardQuery runs = query(
            "select user_id, max(\"userName\") as \"userName\", sum(km) as km from runs where club = :club group by user_id",
            "user_id",
            "km");

    @Test
    void theBestComeFirstWithWhatElseIsKnown() throws SQLException {
        assertThat(runs.best(connection, Map.of("club", "1"), 10))
                .containsExactly(
                        new BoardRow("2", 7.5, "{\"userName\": \"bob\"}"),
                        new BoardRow("1", 7.5, "{\"userName\": \"ada\"}"),
                        new BoardRow("3", 1, "{\"userName\": \"cy\"}"));
        assertThat(runs.best(connection, Map.of("club", "1"), 1)).hasSize(1);
        assertThat(runs.best(connection, Map.of("club", "7"), 1)).isEmpty();
    }

    @Test
    void someMembersAreAskedForAlone() throws SQLException {
        var found = runs.of(connection, Map.of("club", "1"), List.of("1", "03", "4", "5", "8", "9"));
        assertThat(found).extracting(BoardRow::member).containsExactlyInAnyOrder("1", "3");
    }

    @Test
    void aMemberThatTheColumnCannotHoldIsNone() throws SQLException {
        assertThat(runs.of(connection, Map.of("club", "1"), List.of("1", "x", "99999999999999", "{", "\"", "")))
                .extracting(BoardRow::member)
                .containsExactly("1");
    }

    @Test
    void placesAreReadInOneStatement() throws SQLException {
        var all = runs.places(connection, Map.of("club", "1"), new BoardRange.Top(2));
        assertThat(all.size()).isEqualTo(3);
        assertThat(all.before()).isZero();
        assertThat(all.rows()).extracting(BoardRow::member).containsExactly("2", "1");

        var around = runs.places(connection, Map.of("club", "1"), new BoardRange.Of("1", 1));
        assertThat(around.rows()).extracting(BoardRow::member).containsExactly("2", "1", "3");
        var last = runs.places(connection, Map.of("club", "1"), new BoardRange.Of("3", 1));
        assertThat(last.before()).isEqualTo(1);
        assertThat(last.rows()).extracting(BoardRow::member).containsExactly("1", "3");
        assertThat(runs.places(connection, Map.of("club", "1"), new BoardRange.Of("9", 1)))
                .isEqualTo(new BoardQuery.Places(3, 0, List.of()));
        assertThat(runs.places(connection, Map.of("club", "7"), new BoardRange.Top(9)))
                .isEqualTo(new BoardQuery.Places(0, 0, List.of()));
    }

    @Test
    void equalsAreOrderedByTheirBytesAndTheLastPlaceIsTheLast() throws SQLException {
        var odd = query("select name, w from odd", "name", "w");
        var best = odd.best(connection, NONE, 9);
        assertThat(best).extracting(BoardRow::member).containsExactly("ünal", "Ünal", "Z");
        assertThat(best).isSorted();
        var many = query("select n, 1 as w from generate_series(1, 250) n", "n", "w");
        var places = many.places(connection, NONE, new BoardRange.Of("99", 0));
        assertThat(places.size()).isEqualTo(100);
        assertThat(places.rows()).hasSize(1);
        assertThat(many.places(connection, NONE, new BoardRange.Of("1", 0)).rows())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"id", "code", "raw"})
    void aMemberMayBeOfAnyType(String column) throws SQLException {
        var query = query("select " + column + ", id as w from odd", column, "w");
        var all = query.best(connection, NONE, 9).stream().map(BoardRow::member).toList();
        assertThat(all).hasSize(4);
        assertThat(query.of(connection, NONE, all))
                .extracting(BoardRow::member)
                .containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void whatTheDatabaseRefusesIsSaid() {
        var none = query("select name, 1 as w from nothing", "name", "w");
        assertThatThrownBy(() -> none.of(connection, NONE, List.of("a")))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("nothing");
    }

    private static BoardQuery query(String sql, String member, String score) {
        return new BoardQuery(new Source.Board(new NamedSql(sql, 1), member, score, 100));
    }
}
