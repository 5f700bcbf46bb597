package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Tag;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@TestInstance(Lifecycle.PER_CLASS)
class KeepingIT {
    private final Library library = new Library();
    private final Library.Desk desk = library.open("LOANS_TOKENS", "old,new");

    @AfterAll
    void close() throws IOException {
        library.close();
    }

    @Test
    void anAnswerNamesItsTagsAndIsKeptByNobodyWithoutAsking() {
        var read = desk.get("/views/books?shelf=3");
        assertThat(read.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(read.header("Cache-Tag")).isEqualTo("shelf:3");
        assertThat(read.header("Surrogate-Key")).isEqualTo("shelf:3");
        assertThat(read.header("Vary")).isEqualTo("Accept-Encoding");
        assertThat(read.header("Age")).isNotEmpty();
    }

    @Test
    void aSharedCacheMayServeWhatTheViewLeavesToItAndIsToldTheSameBy304() {
        var read = desk.get("/views/shelves");
        assertThat(read.header("Cache-Control")).isEqualTo("max-age=0, must-revalidate, s-maxage=60");
        assertThat(read.header("Age")).as("it would be taken off s-maxage").isEmpty();
        assertThat(read.header("Cache-Tag")).isEqualTo("shelves,owner:all%2C%20of%20them");
        assertThat(read.header("Surrogate-Key")).isEqualTo("shelves owner:all%2C%20of%20them");

        var same = desk.get("/views/shelves", "If-None-Match", read.header("ETag"));
        assertThat(same.status()).isEqualTo(304);
        for (var name : List.of("Cache-Control", "Cache-Tag", "Surrogate-Key", "Vary", "ETag")) {
            assertThat(same.header(name)).as(name).isEqualTo(read.header(name));
        }
    }

    @Test
    void whatCannotNameAllItsTagsIsNotForSharedCaches() {
        var read = desk.get("/views/shelves?of=" + "%C3%A4".repeat(400));
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("Cache-Tag"))
                .as("a long tag becomes a digest and fits")
                .startsWith("shelves,owner:%C3");
        assertThat(read.header("Cache-Control")).contains("s-maxage");

        var tooLong = CdnTags.of(List.of(
                new Tag("a".repeat(256)),
                new Tag("b".repeat(256)),
                new Tag(" ".repeat(200) + "c"),
                new Tag(" ".repeat(200) + "d")));
        assertThat(tooLong).isEmpty();
    }

    @Test
    void whatANeededTokenOpensIsKeptByItsReaderAlone() {
        var read = desk.get("/views/loans", "Authorization", "Bearer old");
        assertThat(read.text()).isEqualTo("{\"lent\":7}");
        assertThat(read.header("Cache-Control")).isEqualTo("private, no-cache");
        assertThat(read.header("Vary")).isEqualTo("Accept-Encoding, Authorization");
        assertThat(read.header("Cache-Tag")).isEmpty();
        assertThat(read.header("Surrogate-Key")).isEmpty();
        assertThat(desk.get("/views/loans", "Authorization", "bearer new").status())
                .isEqualTo(200);
    }

    @Test
    void withoutAValidTokenNobodyLearnsAnything() {
        var missing = desk.get("/views/loans?x=1");
        assertThat(missing.status()).isEqualTo(401);
        assertThat(missing.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"freshet\"");
        assertThat(missing.header("Cache-Control")).isEqualTo("no-store");
        assertThat(missing.text()).contains("token_missing", "Authorization: Bearer");

        for (var wrong : List.of("Bearer ol", "Bearer old,new", "Bearer", "Basic b2xkOm9sZA==", "old")) {
            var refused = desk.get("/views/loans", "Authorization", wrong, "If-None-Match", "*");
            assertThat(refused.status()).as(wrong).isEqualTo(401);
            assertThat(refused.text()).doesNotContain("lent");
        }
        assertThat(desk.get("/views/loans", "Authorization", "Bearer x").header("WWW-Authenticate"))
                .isEqualTo("Bearer realm=\"freshet\", error=\"invalid_token\"");
    }

    @Test
    void theListOfViewsSaysWhichNeedATokenAndNoneOfTheTokens() {
        var list = library.open("LOANS_TOKENS", "a-secret-token").get("/views");
        assertThat(list.status()).isEqualTo(200);
        assertThat(list.text())
                .contains("\"loans\":{\"params\":{},\"tags\":[\"loans\"],\"ttl\":300,\"access\":true,")
                .contains("\"of\":{\"type\":\"text\",\"default\":\"all, of them\",\"maxLength\":400}")
                .doesNotContain("a-secret-token", "as lent");
    }

    @Test
    void aViewWhoseTokensAreNotSetIsClosed() {
        var closed = library.open("LOANS_TOKENS", "");
        for (var token : List.of("Bearer x", "Bearer ${LOANS_TOKENS}", "")) {
            var refused = closed.get("/views/loans", "Authorization", token);
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.text()).contains("access.tokens");
        }
        assertThat(closed.get("/views/books?shelf=3").status()).isEqualTo(200);
    }

    @Test
    void whoKeepsGuessingIsToldToWaitAndWhoKnowsIsLetInAllTheSame() {
        var strict = library.open(
                "LOANS_TOKENS", "right", "RATE_LIMIT_REFUSED_REQUESTS", "2", "RATE_LIMIT_WINDOW_MS", "86400000");
        assertThat(strict.get("/views/loans", "Authorization", "Bearer a").status())
                .isEqualTo(401);
        assertThat(strict.get("/views/loans", "Authorization", "Bearer b").status())
                .isEqualTo(401);
        var third = strict.get("/views/loans", "Authorization", "Bearer c");
        assertThat(third.status()).isEqualTo(429);
        assertThat(Integer.parseInt(third.header("Retry-After"))).isBetween(1, 43_200);
        assertThat(strict.get("/views/loans", "Authorization", "Bearer right").status())
                .isEqualTo(200);
    }
}
