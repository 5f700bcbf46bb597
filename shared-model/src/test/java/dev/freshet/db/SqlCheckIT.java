package dev.freshet.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Problem;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlCheckIT {
    private static Database database;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws SQLException {
        database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute("""
                    create table a (id bigint primary key, cohort_id int, name text);
                    create table large (id bigint primary key, name text);
                    insert into large select n, n::text from generate_series(1, 100100) n;
                    analyze large""");
        }
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select id from a where id = :x|``",
                "select id from a where idd = :x|7: views.v.sql: column `idd` does not exist; Perhaps you meant to reference the column `a.id`.",
                "select id,\\n      nam\\n      from a where id = :x|8: views.v.sql: column `nam` does not exist; Perhaps you meant to reference the column `a.name`.",
                "select 1 as one where :x is null|7: views.v.sql: could not determine data type of parameter :x; say its type, such as :name::int",
                "delete from a where id = :x|7: views.v.sql must return rows; begin it with select",
                "with d as (delete from a where id = :x returning id) select id from d|7: views.v.sql: WITH clause containing a data-modifying statement must be at the top level",
                "select id, cohort_id as id from a where id = :x|7: views.v.sql has two columns of one name; rename one with as",
                "select id from large where name = :x|7: warning: views.v.sql reads all of the large table large; an index on what it filters or joins by would help",
                "select id from large where id = :x|``",
                "select id, name as password_hash from a where id = :x|7: views.v.sql selects password_hash, by its name a secret; leave it out: what is cached can be read by whoever reads the view; or rename it with as",
                "select name as api_key from a where id = :x|7: views.v.sql selects api_key, by its name a secret; leave it out: what is cached can be read by whoever reads the view; or rename it with as",
                "select id, name as secretary, name as compass from a where id = :x|``",
                "select 1 / 0 as none where :x = 1|7: views.v.sql: division by zero",
            })
    void aViewIsCheckedWithoutRunningIt(String sql, String problems) throws Exception {
        var yaml = """
                application: x
                views:
                  v:
                    params: { x: int }
                    key: v:{x}
                    sql: |
                      SQL
                    tags: [ v ]
                    ttl: 5m
                """;
        assertThat(check(yaml.replace("SQL", sql.replace("\\n", "\n")))).isEqualTo(problems.replace('`', '"'));
    }

    @Test
    void aValueIsOneColumn() throws Exception {
        var yaml = """
                application: x
                views:
                  v:
                    key: v
                    kind: value
                    sql: select COLUMNS from a
                    tags: [ v ]
                    ttl: 5m
                """;
        assertThat(check(yaml.replace("COLUMNS", "count(*)"))).isEmpty();
        assertThat(check(yaml.replace("COLUMNS", "count(*), max(id)")))
                .isEqualTo("6: views.v.sql must give one column; kind: row answers several");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select id as \"theId\" from a|``",
                "select id as \"theId\", 7 as page from a|``",
                "select id as theId from a|10: views.v.warm selects theid, which is no parameter of the view; PostgreSQL folds names to lower case unless quoted: as `theId`",
                "select name, id as \"theId\" from a|10: views.v.warm selects name, which is no parameter of the view; name it as the view's parameter with as",
                "select 1 as page|10: views.v.warm does not select theId; the view asks for it; or give it a default",
                "select idd as \"theId\" from a|10: views.v.warm: column `idd` does not exist; Perhaps you meant to reference the column `a.id`."
            })
    void whatIsWarmedIsNamedByTheParametersOfTheView(String sql, String problems) throws Exception {
        var yaml = """
                application: x
                views:
                  v:
                    key: v:{theId}:{page}
                    params: { theId: int, page: { type: int, default: 1 } }
                    sql: select id from a where id = :theId offset :page limit 1
                    tags: [ v ]
                    ttl: 5m
                    warm: |
                      SQL
                """;
        assertThat(check(yaml.replace("SQL", sql))).isEqualTo(problems.replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "name, cohort_id as points|``",
                "name, cohort_id as points, id as rank|5: views.v.sql selects rank, which every answer has by itself; leave it out, or rename it with as",
                "name, name as points|5: views.v.sql gives a column points that is no number; a score is a number, such as extract(epoch from at)",
                "id, cohort_id as points|5: views.v.sql gives no column name; select it as `name`",
                "name, cohort_id as point|5: views.v.sql gives no column points; did you mean point?",
                "name, cohort_id as points, name as password|5: views.v.sql selects password, by its name a secret; leave it out: what is cached can be read by whoever reads the view; or rename it with as",
            })
    void aBoardIsCheckedWithoutRunningIt(String columns, String problems) throws Exception {
        var yaml = """
                application: x
                views:
                  v:
                    key: v
                    sql: select COLUMNS from a
                    kind: leaderboard
                    member: name
                    score: points
                    tags: [ v ]
                    ttl: 5m
                """;
        assertThat(check(yaml.replace("COLUMNS", columns))).isEqualTo(problems.replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "delete from a where id = :id|select cohort_id as \"cohortId\" from a where id = :id|``",
                "delete from b where id = :id|select cohort_id as \"cohortId\" from a where id = :id|5: events.a.b.apply: relation \"b\" does not exist",
                "delete from a where id = :id returning id|select cohort_id as \"cohortId\" from a where id = :id|5: events.a.b.apply must not return rows; leave out returning, or select",
                "delete from a where id = :id|select cohort_id as cohortId from a where id = :id|6: events.a.b.lookup gives no column cohortId, which a tag or path needs; PostgreSQL folds names to lower case unless quoted: as \"cohortId\"",
                "delete from a where id = :id|select cohort_id as \"cohortID\" from a where id = :id|6: events.a.b.lookup gives no column cohortId, which a tag or path needs; did you mean {cohortID}?",
                "delete from a where id = :id|delete from a where id = :id|6: events.a.b.lookup gives no column cohortId, which a tag or path needs; select it as \"cohortId\"",
            })
    void anEventIsCheckedWithoutRunningIt(String apply, String lookup, String problems) throws Exception {
        var yaml = """
                application: x
                events:
                  a.b:
                    with: { id: /payload/id }
                    apply: APPLY
                    lookup: LOOKUP
                    tags: [ "cohort:{cohortId}" ]
                """;
        assertThat(check(yaml.replace("APPLY", apply).replace("LOOKUP", lookup)))
                .isEqualTo(problems);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a|[ cohort_id ]|id|``",
                "nothing|[ cohort_id ]|id|3: changes.nothing: relation \"public.nothing\" does not exist",
                "a|[ cohort ]|id|3: changes.a.columns: column \"cohort\" does not exist",
                "a|[ cohort_id ]|nobody|3: changes.a.with.id: column \"nobody\" does not exist",
            })
    void aChangeIsCheckedAgainstItsTable(String table, String columns, String expression, String problems)
            throws Exception {
        var yaml = """
                application: x
                changes:
                  TABLE: { columns: COLUMNS, with: { id: EXPRESSION }, tags: [ "a:{id}" ] }
                """;
        var changed = yaml.replace("TABLE", table).replace("COLUMNS", columns).replace("EXPRESSION", expression);
        assertThat(check(changed)
                        .lines()
                        .findFirst()
                        .map(line -> line.replaceFirst(";.*", ""))
                        .orElse(""))
                .isEqualTo(problems);
    }

    @Test
    void aTableThatIsMeantIsNamedWhereAnotherIsNotThere() throws Exception {
        assertThat(check("""
                application: x
                views:
                  v: { key: v, sql: select id from lagre, tags: [ v ], ttl: 5m }
                changes:
                  larg: { columns: [ name, nam ], with: [ id, nobody ], tags: [ "a:{id}:{nobody}" ] }
                """)).isEqualTo("""
                        3: views.v.sql: relation "lagre" does not exist; did you mean large?
                        5: changes.larg: relation "public.larg" does not exist; did you mean large?""");
    }

    @Test
    void aDatabaseThatIsAwayIsNoProblemOfTheCatalog() {
        var options = new DatabaseOptions(1, Duration.ofSeconds(1), Duration.ofMillis(300));
        var address = URI.create("postgresql://a:b@127.0.0.1:" + EmbeddedRedis.freePort() + "/x");
        try (var absent = new Database(address, options)) {
            assertThatThrownBy(() -> SqlCheck.check(CatalogReader.read("tafta", Map.of()), absent))
                    .isInstanceOf(SQLException.class);
        }
    }

    private String check(String yaml) throws Exception {
        var file = Files.writeString(directory.resolve("x.yaml"), yaml);
        List<Problem> problems = SqlCheck.check(CatalogReader.read(file.toString(), Map.of()), database);
        return problems.stream()
                .map(problem -> problem.toString().replace(file + ":", ""))
                .collect(Collectors.joining("\n"));
    }
}
