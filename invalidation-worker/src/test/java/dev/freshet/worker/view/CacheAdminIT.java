package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(Lifecycle.PER_CLASS)
class CacheAdminIT {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String STATS = "/api/admin/cache/stats";
    private static final String CLEAR = "/api/admin/cache/clear";
    private static final String[] TOKEN = {"Authorization", "Bearer secret"};

    private final Library library = new Library();
    private final Library.Desk desk = library.open("ADMIN_TOKEN", "secret,next");

    @AfterAll
    void close() throws IOException {
        library.close();
    }

    @BeforeEach
    void threeValues() {
        desk.get("/views/books?shelf=3");
        desk.get("/views/books?shelf=33");
        desk.get("/views/shelves");
        assertCached(true, true, true);
    }

    @Test
    void allIsClearedAndCounted() throws IOException {
        assertThat(clear("{\"all\":true}").get("removed").longValue()).isEqualTo(3);
        assertCached(false, false, false);
    }

    @Test
    void aViewIsCleared() throws IOException {
        assertThat(clear("{\"view\":\"books\"}").get("removed").longValue()).isEqualTo(2);
        assertCached(false, false, true);
    }

    @Test
    void aPatternOfKeysIsCleared() throws IOException {
        assertThat(clear("{\"pattern\":\"books:3\"}").get("removed").longValue())
                .isEqualTo(1);
        assertCached(false, true, true);
        assertThat(clear("{\"pattern\":\"*:3*\"}").get("removed").longValue()).isEqualTo(1);
        assertCached(false, false, true);
        assertThat(clear("{\"pattern\":\"nothing:*\"}").get("removed").longValue())
                .isZero();
    }

    @Test
    void tagsAreInvalidated() throws IOException {
        assertThat(clear("{\"tags\":[\"shelf:33\",\"shelves\"]}").get("invalidated"))
                .isEqualTo(JSON.readTree("[\"shelf:33\",\"shelves\"]"));
        assertCached(true, false, false);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    {}                                  | in one way
                    {"all":true,"view":"books"}         | in one way
                    []                                  | in one way
                    true                                | in one way
                    {"all":tru                          | no JSON
                    {"all":false}                       | all can only be true
                    {"view":"boks"}                     | one of books, shelves, loans
                    {"tags":[]}                         | tags such as cohort:3
                    {"tags":"shelf:3"}                  | tags such as cohort:3
                    {"tags":["shelf:3",7]}              | tags such as cohort:3
                    {"pattern":""}                      | such as enrollments:3:*
                    {"keys":"books:3"}                  | there is no keys to clear
                    """)
    void whatSaysNothingOrTooMuchIsToldWhatWouldBeRight(String body, String reason) {
        var refused = desk.post(CLEAR, body, TOKEN);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).contains(reason, "send one of");
        assertCached(true, true, true);
    }

    @Test
    void anEmptyBodyAndOneThatIsTooLongAreRefused() {
        assertThat(desk.post(CLEAR, "", TOKEN).status()).isEqualTo(400);
        assertThat(desk.post(CLEAR, " ".repeat(70_000), TOKEN).status()).isEqualTo(413);
    }

    @Test
    void nobodyElseIsLetIn() {
        assertThat(desk.get(STATS).status()).isEqualTo(401);
        assertThat(desk.post(CLEAR, "{\"all\":true}", "Authorization", "Bearer secret,next")
                        .status())
                .isEqualTo(401);
        assertThat(desk.get(STATS, "Authorization", "Bearer next").status()).isEqualTo(200);

        var closed = library.open();
        var refused = closed.post(CLEAR, "{\"all\":true}", "Authorization", "Bearer ");
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).contains("ADMIN_TOKEN names no token");
        assertCached(true, true, true);
    }

    @Test
    void withATokenSetHowItFaresIsForItsHoldersOnly() {
        for (var path : new String[] {"/metrics", "/health/detailed"}) {
            assertThat(desk.get(path).status()).isEqualTo(401);
            assertThat(desk.get(path, "Authorization", "Bearer secre").status()).isEqualTo(401);
            assertThat(desk.get(path, TOKEN).status()).isEqualTo(200);
        }
        var closed = library.open();
        for (var path : new String[] {"/metrics", "/health/detailed"}) {
            assertThat(closed.get(path).status()).isEqualTo(200);
            var proxied = closed.get(path, "X-Forwarded-For", "203.0.113.9");
            assertThat(proxied.status()).isEqualTo(403);
            assertThat(proxied.text()).contains("set ADMIN_TOKEN");
        }
        assertThat(closed.get("/health", "X-Forwarded-For", "203.0.113.9").text())
                .isEqualTo("{\"status\":\"up\"}");
    }

    @Test
    void aContentTypeThatIsNoneHarmsNobody() {
        assertThat(desk.get("/views/books?shelf=3", "Content-Type", "a/b; charset")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void cacheOperationsHaveALimitOfTheirOwn() {
        var strict = library.open(
                "ADMIN_TOKEN",
                "secret",
                "RATE_LIMIT_CACHE_REQUESTS",
                "1",
                "RATE_LIMIT_TIMEOUT",
                "10s",
                "RATE_LIMIT_WINDOW_MS",
                "86400000");
        assertThat(strict.get(STATS, TOKEN).status()).isEqualTo(200);
        assertThat(strict.get(STATS, TOKEN).status()).isEqualTo(429);
        assertThat(strict.get("/views/books?shelf=3").status()).isEqualTo(200);
    }

    @Test
    void statisticsAreThoseOfAllProcessesAndSayHowRedisFares() throws IOException {
        var other = library.open("ADMIN_TOKEN", "secret");
        desk.get("/views/books?shelf=3");
        desk.get(STATS, TOKEN); // adds what it counted itself
        var stats = JSON.readTree(other.get(STATS, TOKEN).text());
        var books = stats.get("views").get(0);
        assertThat(books.get("view").textValue()).isEqualTo("books");
        assertThat(books.get("misses").longValue()).isPositive();
        assertThat(books.get("hits").longValue()).isPositive();
        assertThat(books.get("hitRate").doubleValue()).isBetween(0.01, 1.0);
        var redis = stats.get("redis").get(0);
        assertThat(redis.get("version").textValue()).isNotEmpty();
        assertThat(redis.get("usedBytes").longValue()).isPositive();
        assertThat(redis.get("keys").longValue()).isPositive();
        assertThat(redis.get("hitRate").doubleValue()).isBetween(0.0, 1.0);
        assertThat(redis.has("evicted")).isTrue();
    }

    @Test
    void withoutRedisItSaysThatNothingIsKnownToBeDone() throws IOException {
        try (var proxy = CuttingProxy.before(TestServices.shared().cacheUrl());
                var away = new Library(proxy.url())) {
            var lonely = away.open("ADMIN_TOKEN", "secret");
            proxy.cut();
            for (var body : new String[] {"{\"all\":true}", "{\"tags\":[\"shelf:3\"]}", "{\"view\":\"books\"}"}) {
                var refused = lonely.post(CLEAR, body, TOKEN);
                assertThat(refused.status()).as(body).isEqualTo(503);
                assertThat(refused.text()).contains("unavailable");
            }
            assertThat(lonely.get(STATS, TOKEN).status()).isEqualTo(503);
        }
    }

    @Test
    void aCacheThatIsSwitchedOffIsNoFaultAndEveryReadIsLoaded() {
        var off = library.open(
                "REDIS_ENABLED",
                "false",
                "ADMIN_TOKEN",
                "secret",
                "RATE_LIMIT_API_REQUESTS",
                "3",
                "RATE_LIMIT_WINDOW_MS",
                "86400000");
        assertThat(off.get("/views/books?shelf=3").cache()).isEqualTo("BYPASS");
        assertThat(off.get("/views/books?shelf=3").cache()).isEqualTo("BYPASS");
        assertThat(off.get("/views/shelves").header("Cache-Control"))
                .as("nobody could purge it in time")
                .isEqualTo("no-cache");
        assertThat(off.get("/views/shelves").status()).as("counted alone").isEqualTo(429);
        assertThat(off.get("/health").text()).isEqualTo("{\"status\":\"up\"}");
        assertThat(off.get("/health/detailed", TOKEN).text())
                .contains("\"redis\":{\"status\":\"off\"}", "\"bypassed\":2");
        assertThat(off.get(STATS, TOKEN).text()).contains("REDIS_ENABLED is false");
        assertThat(off.get(STATS).status()).isEqualTo(401);
    }

    private JsonNode clear(String body) throws IOException {
        var reply = desk.post(CLEAR, body, TOKEN);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return JSON.readTree(reply.text());
    }

    private void assertCached(boolean shelf3, boolean shelf33, boolean shelves) {
        assertThat(isCached("books", "shelf", "3", "shelf:3")).isEqualTo(shelf3);
        assertThat(isCached("books", "shelf", "33", "shelf:33")).isEqualTo(shelf33);
        assertThat(isCached("shelves", "of", "all, of them", "shelves", "owner:all, of them"))
                .isEqualTo(shelves);
    }

    private boolean isCached(String view, String parameter, String value, String... tags) {
        return library.isCached(view, parameter, value, tags);
    }
}
