package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.Kind;
import dev.freshet.catalog.NamedSql;
import dev.freshet.testing.TestServices;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QueryIT {
    private static Database database;
    private Connection connection;

    @BeforeAll
    static void start() throws SQLException {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute("""
                    create type mood as enum ('calm', 'wild');
                    create table things (id bigint primary key, name text, amount numeric(10, 2), at timestamptz, day date,
                        flag boolean, mood mood, tags text[], data jsonb, code varchar(5), small smallint, raw uuid);
                    insert into things (id, name, tags, data) values
                        (1, 'one', '{a,b}', '{"k": 1}'), (2, 'two', null, null), (3, 'Ünï "x"', '{}', '{}')
                    """);
        }
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void begin() throws SQLException {
        connection = database.connection();
        connection.setAutoCommit(false);
    }

    @AfterEach
    void rollback() throws SQLException {
        connection.rollback();
        connection.close();
    }

    @Test
    void rowsOfEverySetComeBackInTheOrderOfTheSets() throws SQLException {
        var rows = query("select name, tags, data, amount from things where id = :id or name = :name order by id")
                .rows(connection, List.of(set("id", "2"), set("id", "9"), set("id", "1", "name", "two")));
        assertThat(rows).hasSize(3);
        assertThat(rows.get(0)).hasSize(1);
        assertThat(rows.get(0).get(0)).containsEntry("name", "two").containsEntry("tags", null);
        assertThat(rows.get(1)).isEmpty();
        assertThat(rows.get(2)).extracting(row -> row.get("name")).containsExactly("one", "two");
        assertThat(rows.get(2).get(0)).containsEntry("tags", "[\"a\",\"b\"]").containsEntry("data", "{\"k\":1}");
    }

    @Test
    void numbersAreTextAsTheDatabaseWritesThem() throws SQLException {
        var rows = query("select 10.00 as price, 0.0000000001 as little, 7 as whole from things where id = :id")
                .rows(connection, List.of(set("id", "1")));
        assertThat(rows.getFirst().getFirst())
                .isEqualTo(Map.of("price", "10.00", "little", "0.0000000001", "whole", "7"));
    }

    @Test
    void theTypeOfEachPlaceIsInferred() throws SQLException {
        var rows = query("""
                        select id from things
                         where id = :id and id::text = :id -- one name, two types; the comment runs to the line's end
                           and :id::smallint > 0 and tags @> :tags and data ? :key and 'a:id' <> '?'""")
                .rows(
                        connection,
                        List.of(set("id", "1", "tags", "{a}", "key", "k"), set("id", "1", "tags", "{c}", "key", "k")));
        assertThat(rows).hasToString("[[{id=1}], []]");
    }

    @Test
    void aStatementWithoutParametersRunsForEachSet() throws SQLException {
        assertThat(query("select 1 as one").rows(connection, List.of(set(), set())))
                .hasToString("[[{one=1}], [{one=1}]]");
        assertThat(json("select 1 as one", Kind.ROW, List.of(set(), set())))
                .containsExactly("{\"one\":1}", "{\"one\":1}");
    }

    @Test
    void noSetsNeedNoDatabase() throws SQLException {
        var closed = database.connection();
        closed.close();
        assertThat(query("select :a").rows(closed, List.of())).isEmpty();
        assertThat(query("select :a").json(closed, Kind.ROWS, List.of())).isEmpty();
        query("delete from things where id = :a").update(closed, List.of());
    }

    @Test
    void aLookupWithTooManyRowsIsRefused() {
        var query = query("select n from generate_series(1, :n) n");
        assertThatThrownBy(() -> query.rows(connection, List.of(set("n", "1001"))))
                .isInstanceOf(SQLException.class)
                .hasMessage("a lookup gave more than 1000 rows; use a tag that covers them all")
                .satisfies(e -> assertThat(Database.classify(e)).isEqualTo(Failure.PERMANENT));
    }

    @Test
    void jsonKeepsTheAuthorsOrderOfRowsAndColumns() throws SQLException {
        assertThat(json(
                        "select name, id from things where id <= :max order by id desc",
                        Kind.ROWS,
                        List.of(set("max", "2"), set("max", "0"))))
                .containsExactly("[{\"name\":\"two\",\"id\":2}, \n {\"name\":\"one\",\"id\":1}]", "[]");
        assertThat(json(
                        "select name from things where id >= :min order by id",
                        Kind.ROW,
                        List.of(set("min", "3"), set("min", "4"))))
                .containsExactly("{\"name\":\"Ünï \\\"x\\\"\"}", "null");
    }

    @Test
    void aValueIsTheOnlyColumnOfTheFirstRowByItself() throws SQLException {
        var sets = List.of(set("id", "1"), set("id", "3"), set("id", "2"), set("id", "9"));
        assertThat(json("select name from things where id = :id", Kind.VALUE, sets))
                .containsExactly("\"one\"", "\"Ünï \\\"x\\\"\"", "\"two\"", "null");
        assertThat(json("select tags from things where id = :id", Kind.VALUE, sets))
                .containsExactly("[\"a\",\"b\"]", "[]", "null", "null");
        assertThat(json("select data from things where id = :id", Kind.VALUE, sets))
                .containsExactly("{\"k\": 1}", "{}", "null", "null");
        assertThat(json("select count(*) from things where id >= :id", Kind.VALUE, sets))
                .containsExactly("3", "1", "2", "0");
        assertThat(json("select id from things where id >= :id order by id desc", Kind.VALUE, sets))
                .containsExactly("3", "3", "3", "null");
    }

    @Test
    void anAuthorMayUseAWithClauseAndGroupBy() throws SQLException {
        assertThat(json(
                        "with t as (select * from things where id <> :id) select count(*) as n, :id::int as id from t",
                        Kind.ROW,
                        List.of(set("id", "1"))))
                .containsExactly("{\"n\":2,\"id\":1}");
    }

    @Test
    void updatesRunInOrderWithEveryTypeInferred() throws SQLException {
        var save = query("""
                insert into things (id, name, amount, at, day, flag, mood, tags, data, code, small, raw)
                values (:id, lower(:name), :amount, :at, :day, :flag, :mood, :tags, :data, :code, :small, :raw)
                on conflict (id) do update set name = excluded.name""");
        save.update(
                connection,
                List.of(
                        set(
                                "id",
                                "10",
                                "name",
                                "Ten",
                                "amount",
                                "1.5",
                                "at",
                                "2026-01-01T00:00:00.5Z",
                                "day",
                                "2026-01-02",
                                "flag",
                                "true",
                                "mood",
                                "wild",
                                "tags",
                                "{\"a b\",NULL}",
                                "data",
                                "{\"x\": [1]}",
                                "code",
                                "abc",
                                "small",
                                "7",
                                "raw",
                                "5a8f1e2c-0000-4000-8000-000000000001"),
                        set("id", "11"),
                        set("id", "11", "name", "Again")));
        assertThat(json("select * from things where id >= 10 order by id", Kind.ROWS, List.of(set()))
                        .get(0))
                .isEqualTo(
                        "[{\"id\":10,\"name\":\"ten\",\"amount\":1.50,\"at\":\"2026-01-01T00:00:00.5+00:00\",\"day\":"
                                + "\"2026-01-02\",\"flag\":true,\"mood\":\"wild\",\"tags\":[\"a b\",null],\"data\":{\"x\": [1]},"
                                + "\"code\":\"abc\",\"small\":7,\"raw\":\"5a8f1e2c-0000-4000-8000-000000000001\"}, \n"
                                + " {\"id\":11,\"name\":\"again\",\"amount\":null,\"at\":null,\"day\":null,\"flag\":null,\"mood\":"
                                + "null,\"tags\":null,\"data\":null,\"code\":null,\"small\":null,\"raw\":null}]");
    }

    @Test
    void aFailingRowOfABatchSaysWhy() {
        var insert = query("insert into things (id, code) values (:id, :code)");
        assertThatThrownBy(() -> insert.update(connection, List.of(set("id", "20"), set("id", "x"), set("id", "21"))))
                .isInstanceOf(BatchUpdateException.class)
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("22P02"));
    }

    @Test
    void aColumnThatChangesItsTypeIsNoticedByTheNextCall() throws SQLException {
        var query = query("select name from things where code = :code");
        assertThat(query.rows(connection, List.of(set("code", "x")))).hasToString("[[]]");
        try (var statement = connection.createStatement()) {
            statement.execute("alter table things alter column code type int using null");
        }
        var savepoint = connection.setSavepoint();
        assertThatThrownBy(() -> query.rows(connection, List.of(set("code", "1"))))
                .isInstanceOf(SQLException.class);
        connection.rollback(savepoint);
        assertThat(query.rows(connection, List.of(set("code", "1")))).hasToString("[[]]");
    }

    @Test
    void aThousandSetsAreOneStatement() throws SQLException {
        var sets = IntStream.range(0, 1000)
                .mapToObj(i -> set("id", String.valueOf(i % 4)))
                .toList();
        var rows = query("select name from things where id = :id").rows(connection, sets);
        assertThat(rows.stream().mapToInt(List::size).sum()).isEqualTo(750);
    }

    private List<String> json(String sql, Kind kind, List<Map<String, @Nullable String>> sets) throws SQLException {
        return query(sql).json(connection, kind, sets).stream()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .toList();
    }

    private static Query query(String sql) {
        return new Query(new NamedSql(sql, 1));
    }

    private static Map<String, @Nullable String> set(String... pairs) {
        var set = new HashMap<String, @Nullable String>();
        for (int i = 0; i < pairs.length; i += 2) {
            set.put(pairs[i], pairs[i + 1]);
        }
        return set;
    }
}
