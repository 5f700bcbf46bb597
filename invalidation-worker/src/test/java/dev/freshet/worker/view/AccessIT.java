package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.model.Tag;
import dev.freshet.testing.TestServices;
import dev.freshet.worker.view.Library.Desk;
import dev.freshet.worker.view.Library.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccessIT {
    private final Library library = Members.library();
    private final Desk desk = Members.open(library);

    @AfterEach
    void close() throws IOException {
        library.close();
    }

    @Test
    void eachReadsWhatIsTheirsFromAnEntryOfTheirOwn() {
        var mine = desk.get("/api/account", Members.as("7"));
        assertThat(mine.text()).isEqualTo("{\"tenant\":\"a\",\"member\":\"7\",\"page\":1,\"lent\":1}");
        assertThat(mine.cache()).isEqualTo("MISS");
        assertThat(desk.get("/views/account?page=1", Members.as("7")).cache()).isEqualTo("HIT");

        var theirs = desk.get("/api/account", Members.as("8"));
        assertThat(theirs.text()).contains("\"member\":\"8\"", "\"lent\":2");
        assertThat(theirs.cache()).isEqualTo("MISS");
        assertThat(theirs.header("ETag")).isNotEqualTo(mine.header("ETag"));
        assertThat(desk.get("/api/account", Members.as("7")).text()).isEqualTo(mine.text());
    }

    @Test
    void whoTheyAreNobodyCanSayForThemselves() {
        for (var query : List.of("member=8", "member=7", "member=", "tenant=a", "page=1&member=8", "%6dember=8")) {
            var refused = desk.get("/api/account?" + query, Members.as("7"));
            assertThat(refused.status()).as(query).isEqualTo(400);
            assertThat(refused.text()).contains("\"error\":\"bad_parameter\"", "comes from the token; leave it out");
        }
        assertThat(desk.get("/api/account?sub=8", Members.as("7")).text()).contains("there is no parameter sub");
        assertThat(desk.get("/api/account?MEMBER=8", Members.as("7")).status()).isEqualTo(400);
        assertThat(desk.get("/api/account;member=8", Members.as("7")).text()).doesNotContain("\"member\":\"8\"");
        assertThat(desk.get("/api/account", "Authorization", Members.as("7")[1], "member", "8")
                        .text())
                .contains("\"member\":\"7\"");
    }

    @Test
    void withoutAGoodTokenNothingIsSaid() {
        var missing = desk.get("/api/account");
        assertThat(missing.status()).isEqualTo(401);
        assertThat(missing.text()).contains("\"error\":\"token_missing\"");
        assertThat(missing.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"freshet\"");
        assertThat(missing.header("Cache-Control")).isEqualTo("no-store");
        assertThat(missing.header("ETag")).isEmpty();

        var good = Members.token("a", "7");
        var unsigned =
                Tokens.encode("{\"alg\":\"none\"}") + good.substring(good.indexOf('.'), good.lastIndexOf('.') + 1);
        for (var token : List.of(
                unsigned,
                Tokens.of("nobody's secret of thirty-two bytes", "\"iss\":\"library\",\"tenant\":\"a\",\"sub\":\"7\""),
                Tokens.of(Members.SECRET, "\"iss\":\"shop\",\"tenant\":\"a\",\"sub\":\"7\""),
                Members.SECRET)) {
            var wrong = desk.get("/api/account", Members.bearer(token.replace(' ', '-')));
            assertThat(wrong.status()).isEqualTo(401);
            assertThat(wrong.text()).contains("\"error\":\"token_wrong\"").doesNotContain(token);
            assertThat(wrong.header("WWW-Authenticate")).contains("error=\"invalid_token\"");
        }
        var expired = Tokens.hs256(
                Members.SECRET, Tokens.HS256, "{\"exp\":1,\"iss\":\"library\",\"tenant\":\"a\",\"sub\":\"7\"}");
        assertThat(desk.get("/api/account", Members.bearer(expired)).text()).contains("\"error\":\"token_expired\"");
        for (var where : List.of("access_token", "token", "jwt")) {
            assertThat(desk.get("/api/account?" + where + "=" + good).status())
                    .as("not from the address")
                    .isEqualTo(401);
        }
        assertThat(desk.get("/api/account", "Cookie", "token=" + good).status()).isEqualTo(401);
        assertThat(desk.get("/api/account", Members.bearer("x".repeat(9_000))).status())
                .isEqualTo(431);
        var keys = TestServices.shared().asRedisAdmin(redis -> redis.keys(library.prefix + ":*account*"));
        assertThat(keys).as("nothing was loaded").isEmpty();
    }

    @Test
    void whatTheTokenDoesNotSayOrSaysOtherwiseIsForbidden() {
        var nobody = Tokens.of(Members.SECRET, "\"iss\":\"library\",\"tenant\":\"a\"");
        var missing = desk.get("/api/account", Members.bearer(nobody));
        assertThat(missing.status()).isEqualTo(403);
        assertThat(missing.text()).contains("\"error\":\"claim_missing\"", "the token does not say sub");
        assertThat(missing.header("Cache-Control")).isEqualTo("no-store");
        for (var sub : List.of("[\"7\"]", "{\"id\":7}", "null", "\"\"", "\" \"", "7.5")) {
            var token = Tokens.of(Members.SECRET, "\"iss\":\"library\",\"tenant\":\"a\",\"sub\":" + sub);
            assertThat(desk.get("/api/account", Members.bearer(token)).status())
                    .as(sub)
                    .isIn(401, 403);
        }
        for (var sub : List.of("\\u0000", "a\\nb", "\\ud83e", "x".repeat(257))) {
            var refused = desk.get("/api/account", Members.bearer(Members.token("a", sub)));
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.text()).contains("\"error\":\"claim_refused\"").doesNotContain("xxx");
        }
    }

    @Test
    void aRoleMayBeRequired() {
        for (var role : List.of("\"admin\"", "\"manager\"", "[\"member\",\"manager\"]")) {
            assertThat(report(",\"role\":" + role).text()).as(role).isEqualTo("42");
        }
        var member = report(",\"role\":\"member\"");
        assertThat(member.status()).isEqualTo(403);
        assertThat(member.text()).contains("\"error\":\"claim_refused\"", "it must be one of admin, manager");
        for (var role : List.of("\"Admin\"", "\"admin,manager\"", "\"admin \"", "[[\"admin\"]]", "[]")) {
            assertThat(report(",\"role\":" + role).text()).as(role).contains("\"error\":\"claim_refused\"");
        }
        for (var role : List.of("", ",\"role\":{\"admin\":1}", ",\"role\":null", ",\"roles\":\"admin\"")) {
            assertThat(report(role).text()).as(role).contains("\"error\":\"claim_missing\"");
        }
    }

    @Test
    void noCacheOnTheWayMayKeepIt() {
        var answer = desk.get("/api/account", Members.as("7"));
        assertThat(answer.header("Cache-Control")).isEqualTo("private, no-cache");
        assertThat(answer.header("Vary")).isEqualTo("Accept-Encoding, Authorization");
        for (var header : List.of("Cache-Tag", "Surrogate-Key", "Set-Cookie")) {
            assertThat(answer.header(header)).isEmpty();
        }
        assertThat(desk.get("/views/all").header("Cache-Tag"))
                .as("others name their tags")
                .isEqualTo("all");
    }

    @Test
    void whoSendsAnotherTokenIsNeverToldThatNothingHasChanged() {
        var mine = desk.get("/api/account", Members.as("7"));
        var etag = mine.header("ETag");
        var again = desk.get("/api/account", Members.as("7")[0], Members.as("7")[1], "If-None-Match", etag);
        assertThat(again.status()).isEqualTo(304);
        var other = desk.get("/api/account", Members.as("8")[0], Members.as("8")[1], "If-None-Match", etag);
        assertThat(other.status()).isEqualTo(200);
        assertThat(other.text()).contains("\"member\":\"8\"");
        assertThat(other.header("ETag")).isNotEqualTo(etag);
        for (var known : List.of(etag, "*")) {
            var nobody = desk.get("/api/account", "If-None-Match", known);
            assertThat(nobody.status()).isEqualTo(401);
            assertThat(nobody.header("ETag")).isEmpty();
        }
    }

    @Test
    void charactersThatSeparateDoNotMakeTwoOfThemOne() {
        var pairs = List.of(
                List.of("a:7", "1"),
                List.of("a", "7:1"),
                List.of("a%3A7", "1"),
                List.of("a", "7%3A1"),
                List.of("a+", "7"),
                List.of("a ", "7"),
                List.of("a", " 7"),
                List.of("A", "7"),
                List.of("a", "7 "),
                List.of("ä", "7"),
                List.of("a\u0308", "7"),
                List.of("?", "7"),
                List.of("{member}", "7"),
                List.of("Ada@Example.com", "7"),
                List.of("ada@example.com", "7"));
        for (var pair : pairs) {
            var reply = desk.get("/api/account", Members.bearer(Members.token(pair.getFirst(), pair.getLast())));
            assertThat(reply.cache()).as(pair.toString()).isEqualTo("MISS");
            assertThat(json(reply)).containsEntry("tenant", pair.getFirst()).containsEntry("member", pair.getLast());
        }
    }

    @Test
    void aWorkerLoadsWhatIsTheirsAgainForThemAlone() {
        desk.get("/api/account", Members.as("7"));
        desk.get("/api/account", Members.as("8"));
        library.execute("insert into loans values ('a', '7', 10)");
        library.cache.invalidate(List.of(new Tag("member:7")));
        var worker = new CachedViews(library.cache, library.catalog(), library.database, 2);
        assertThat(worker.warm(library.cache.sweep(List.of(new Tag("member:7"))))
                        .stored())
                .isEqualTo(1);

        var mine = desk.get("/api/account", Members.as("7"));
        assertThat(mine.cache()).isEqualTo("HIT");
        assertThat(mine.text()).contains("\"member\":\"7\"", "\"lent\":11");
        var theirs = desk.get("/api/account", Members.as("8"));
        assertThat(theirs.cache()).isEqualTo("HIT");
        assertThat(theirs.text()).contains("\"member\":\"8\"", "\"lent\":2");
    }

    @Test
    void aUserIsCountedWhateverTheirTokenAndTheirAddress() {
        var other = Members.open(
                library,
                "RATE_LIMIT_IDENTIFIER_REQUESTS",
                "2",
                "RATE_LIMIT_TIMEOUT",
                "10s",
                "RATE_LIMIT_WINDOW_MS",
                "86400000");
        assertThat(other.get("/api/account", Members.as("7")).status()).isEqualTo(200);
        var another = Tokens.of(Members.SECRET, "\"iss\":\"library\",\"tenant\":\"a\",\"sub\":\"7\",\"jti\":\"2\"");
        assertThat(other.get("/api/account", Members.bearer(another)).status()).isEqualTo(200);
        assertThat(other.get("/api/account", Members.as("7")).status()).isEqualTo(429);
        assertThat(other.get("/api/account", Members.as("8")).status()).isEqualTo(200);
        var keys = TestServices.shared().asRedisAdmin(redis -> redis.keys(library.prefix + ":limit:*"));
        assertThat(keys)
                .as("by digest, since it may be an address")
                .hasSize(2)
                .allMatch(key -> key.matches(".*\\{[0-9a-f]{64}}"));
    }

    @Test
    void guessingIsCountedAndWhoIsRightIsLetIn() {
        var other = Members.open(library, "RATE_LIMIT_REFUSED_REQUESTS", "2", "RATE_LIMIT_WINDOW_MS", "86400000");
        for (int i = 0; i < 2; i++) {
            assertThat(other.get("/api/account", Members.bearer("a.b.c" + i)).status())
                    .isEqualTo(401);
        }
        assertThat(other.get("/api/account", Members.bearer("a.b.c")).status()).isEqualTo(429);
        assertThat(other.get("/api/account", Members.as("7")).status()).isEqualTo(200);
    }

    @Test
    void aTokenThatHasExpiredIsNoGuess() {
        var other = Members.open(library, "RATE_LIMIT_REFUSED_REQUESTS", "2", "RATE_LIMIT_WINDOW_MS", "86400000");
        var expired = Tokens.hs256(
                Members.SECRET, Tokens.HS256, "{\"exp\":1,\"iss\":\"library\",\"tenant\":\"a\",\"sub\":\"7\"}");
        for (int i = 0; i < 4; i++) {
            assertThat(other.get("/api/account", Members.bearer(expired)).text())
                    .contains("\"error\":\"token_expired\"");
        }
    }

    @Test
    void withoutKeysNobodyIsLetInAndWithoutACacheTheRulesAreTheSame() {
        var closed = library.open();
        assertThat(closed.get("/api/account", Members.as("7")).status()).isEqualTo(403);
        assertThat(closed.get("/api/account").text()).contains("\"error\":\"closed\"", "tokens.app.keys");

        var bare = Members.open(library, "REDIS_ENABLED", "false");
        assertThat(bare.get("/api/account", Members.as("7")).text()).contains("\"member\":\"7\"");
        assertThat(bare.get("/api/account?member=8", Members.as("7")).status()).isEqualTo(400);
        assertThat(bare.get("/api/account").status()).isEqualTo(401);
    }

    @Test
    void bothKeysAreTakenWhileTheyChange() {
        var rotating = library.open("MEMBER_KEYS", "the new secret of thirty-two bytes and more," + Members.SECRET);
        assertThat(rotating.get("/api/account", Members.as("7")).status()).isEqualTo(200);
    }

    @Test
    void theListSaysWhatComesFromTheToken() throws IOException {
        var list = new JsonMapper().readTree(desk.get("/views").text()).at("/views");
        assertThat(list.at("/account/claims")).hasToString("[\"tenant\",\"member\"]");
        assertThat(list.at("/account/access").booleanValue()).isTrue();
        assertThat(list.at("/report").has("claims")).isFalse();
        assertThat(list.at("/account/user").booleanValue()).isTrue();
        assertThat(list.at("/report/user").booleanValue()).isTrue();
        assertThat(list.at("/all").has("user")).isFalse();
        assertThat(list.at("/report/access").booleanValue()).isTrue();
        assertThat(list.toString()).doesNotContain("MEMBER_KEYS", "thirty-two", "admin");
    }

    private Reply report(String claims) {
        return desk.get(
                "/views/report",
                Members.bearer(Tokens.of(Members.SECRET, "\"iss\":\"library\",\"sub\":\"7\"" + claims)));
    }

    private static Map<String, Object> json(Reply reply) {
        try {
            return Objects.requireNonNull(
                    new JsonMapper().readerForMapOf(Object.class).readValue(reply.text()));
        } catch (IOException e) {
            throw new AssertionError(reply.text(), e);
        }
    }
}
