package dev.freshet.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.CatalogException;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.testing.TestServices;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlScriptIT {
    @Test
    void itsStatementsAreRunOneAfterAnother() throws SQLException {
        try (var database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
                var connection = database.connection();
                var statement = connection.createStatement()) {
            new SqlScript("schema.sql", """
                    create table books (id int primary key, title text);
                    create function newest() returns int language sql as $$ select 1; select max(id) from books $$;
                    -- a ; in a comment
                    insert into books values (1, 'a;b'), (2, '{"is": "it?"}');
                    """).run(connection);
            new SqlScript("sample.sql", "").run(connection);

            try (var row = statement.executeQuery("select newest(), title from books where id = 1")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1)).isEqualTo(2);
                assertThat(row.getString(2)).isEqualTo("a;b");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            insert into autors values (2)     | shop/sample.sql:7: relation "autors" does not exist
            insert into books\\n values (now)  | shop/sample.sql:8: column "now" does not exist
            insert into books values (1)      | shop/sample.sql:7: duplicate key value violates unique constraint "books_pkey"; Key (id)=(1) already exists.
            insert in books                   | shop/sample.sql:7: syntax error at or near "in"
            """)
    void whatIsRefusedIsSaidWithItsLine(String wrong, String message) throws SQLException {
        var script = new SqlScript("shop/sample.sql", """
                create table books (id int primary key);

                insert into books
                values (1);

                -- the others
                %s;
                """.formatted(wrong.replace("\\n", "\n")));
        try (var database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
                var connection = database.connection()) {
            assertThatThrownBy(() -> script.run(connection))
                    .isInstanceOf(CatalogException.class)
                    .hasMessage(message);
        }
    }
}
