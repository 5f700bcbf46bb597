package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamedSqlTest {
    @ParameterizedTest
    @ValueSource(strings = {"select NOW ()", "select current_date - 1", "select id from a order by random()"})
    void whatAsksTheClockOrChanceIsKnown(String sql) {
        assertThat(new NamedSql(sql, 1).changesByItself()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"select known(1)", "select 'now()'", "select 1 -- now()", "select \"current_date\" from a"})
    void namesTextsAndCommentsAskNoClock(String sql) {
        assertThat(new NamedSql(sql, 1).changesByItself()).isFalse();
    }

    @Test
    void eachOccurrenceBecomesAPlace() {
        var sql = sql("select :a::int + :b - :a");
        assertThat(sql.parameters()).containsExactly("a", "b");
        assertThat(sql.occurrences()).containsExactly("a", "b", "a");
        assertThat(sql.positional()).isEqualTo("select ?::int + ? - ?");
        assertThat(sql.numbered()).isEqualTo("select $1::int + $2 - $3");
        assertThat(sql.rewrite(i -> "<" + i + ">")).isEqualTo("select <0>::int + <1> - <2>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select ':a'",
                "select 'it''s :a'",
                "select E'it\\'s :a'",
                "select \"b:a\" from \":a\"",
                "select $$ :a $$, $x$ $$ :a $x$",
                "select 1 -- :a",
                "select 1 /* :a /* nested :a */ :a */ + 1",
                "select x::a",
                "select array[1,2][1:2]",
                "select 'unfinished :a",
                "select E'unfinished \\' :a",
                "select /* unfinished :a",
                "select $x$ unfinished :a $$",
                "select '\\' || x::text",
            })
    void whatIsQuotedCommentedOrCastIsLeftAlone(String text) {
        assertThat(sql(text).parameters()).isEmpty();
        assertThat(sql(text).positional()).isEqualTo(text);
    }

    @Test
    void codeAfterWhatIsLeftAloneIsReadAgain() {
        assertThat(sql("select ':x' || :a -- :x\n || $$:x$$ || :b /* :x */ || a$b$:c")
                        .parameters())
                .containsExactly("a", "b", "c");
    }

    @Test
    void aQuestionMarkOfTheAuthorIsDoubledForJdbcAndOnlyOutsideQuotes() {
        var sql = sql("select data ? :key, 'why?'");
        assertThat(sql.positional()).isEqualTo("select data ?? ?, 'why?'");
        assertThat(sql.numbered()).isEqualTo("select data ? $1, 'why?'");
    }

    @Test
    void aSemicolonAtTheEndIsDropped() {
        assertThat(sql("select 1 ;\n").text()).isEqualTo("select 1");
        assertThat(sql("select 1\n; select 2;").severalAt()).hasValue(1);
        assertThat(sql("select ';' -- ;").severalAt()).isEmpty();
    }

    @Test
    void aParameterInsideQuotesIsFoundWithItsLine() {
        var sql = sql("select '12:30', 'x::a',\n ':a', ':pages'");
        assertThat(sql.quotedAt("a")).hasValue(2);
        assertThat(sql.quotedAt("page")).isEmpty();
        assertThat(sql("select :x,\n :a").lineOf("a")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select ':a'",
                "select 'row:a'",
                "select 'it''s :a'",
                "select E'it\\'s :a'",
                "select U&':a'",
                "select \":a\" from b",
                "select b as \"of :a\"",
                "select b as \"b:a\"",
                "select $$:a$$",
                "do $x$ begin perform :a; end $x$",
                "select 'unfinished :a",
            })
    void aParameterInsideAnyKindOfQuotesIsFound(String text) {
        assertThat(sql(text).quotedAt("a")).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select ':ab', 'x::a', ':A'",
                "select 1 -- ':a' is a comment",
                "select 1 /* ':a' */",
                "select 'a' || :a || '::a'"
            })
    void whatIsNoParameterInsideQuotesIsNotTakenForOne(String text) {
        assertThat(sql(text).quotedAt("a")).isEmpty();
    }

    @Test
    void aNameAloneInsideQuotesIsFoundThoughNobodyKnowsIt() {
        assertThat(sql("select ':a', '%:b%', E':c', \":d\", $$ :e $$, $x$:f$x$").quotedAlone())
                .containsExactly("a", "b", "c", "d", "e", "f");
        assertThat(sql("select '{\"x\":true}', 'HH24:MI', 'at :a', '12:30', 'x::a', ':-a', ':a b'")
                        .quotedAlone())
                .isEmpty();
    }

    @Test
    void aLongQuotedTextDoesNotOverflow() {
        assertThat(sql("select E'" + "\\'x".repeat(100_000) + "', :a").parameters())
                .containsExactly("a");
    }

    private static NamedSql sql(String text) {
        return new NamedSql(text, 1);
    }
}
