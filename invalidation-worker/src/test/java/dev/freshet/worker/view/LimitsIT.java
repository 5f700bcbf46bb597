package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.Lifetime;
import dev.freshet.model.Tag;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LimitsIT {
    private static final String[] PATIENT = {"RATE_LIMIT_TIMEOUT", "10s", "RATE_LIMIT_WINDOW_MS", "86400000"};

    private final CuttingProxy proxy = CuttingProxy.before(TestServices.shared().cacheUrl());
    private final Library library = new Library(proxy.url());

    @AfterEach
    void close() throws IOException {
        library.close();
        proxy.close();
    }

    @Test
    void readsOfOneAddressAreCountedByAllProcessesTogether() {
        var one = open("RATE_LIMIT_API_REQUESTS", "2", "TRUSTED_PROXIES", "127.0.0.1");
        var other = open("RATE_LIMIT_API_REQUESTS", "2", "TRUSTED_PROXIES", "127.0.0.1");
        assertThat(read(one, "198.51.100.1").status()).isEqualTo(200);
        assertThat(read(other, "198.51.100.1").status()).isEqualTo(200);
        var refused = read(one, "6.6.6.6, 198.51.100.1");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 43_200);
        assertThat(refused.header("Cache-Control")).isEqualTo("no-store");
        assertThat(refused.text()).contains("\"error\":\"too_many_requests\"", "Retry-After");
        assertThat(read(other, "198.51.100.1").status()).isEqualTo(429);

        assertThat(read(one, "198.51.100.2").status()).isEqualTo(200);
        assertThat(one.get("/health").status()).as("is not limited").isEqualTo(200);
    }

    @Test
    void withoutTrustedProxiesTheSenderCannotChooseItsAddress() {
        var desk = open("RATE_LIMIT_API_REQUESTS", "1");
        assertThat(read(desk, "198.51.100.1").status()).isEqualTo(200);
        assertThat(read(desk, "198.51.100.2").status()).isEqualTo(429);
    }

    @Test
    void readsOfOneIdentifierAreCountedWhereverTheyComeFrom() {
        var desk = open("RATE_LIMIT_IDENTIFIER_REQUESTS", "1");
        assertThat(desk.get("/views/books?shelf=3", "Authorization", "Bearer a").status())
                .isEqualTo(200);
        assertThat(desk.get("/views/books?shelf=3", "Authorization", "Bearer a").status())
                .isEqualTo(429);
        assertThat(desk.get("/views/books?shelf=3", "Authorization", "Bearer b").status())
                .isEqualTo(200);
        assertThat(desk.get("/views/books?shelf=3").status()).isEqualTo(200);
        assertThat(desk.get("/views/books?shelf=3").status()).isEqualTo(200);
        var keys = TestServices.shared().asRedisAdmin(redis -> redis.keys(library.prefix + ":limit:*"));
        assertThat(keys).hasSize(2).allMatch(key -> key.matches(".*\\{[0-9a-f]{64}}"));
    }

    @Test
    void beyondTheLimitOfTheDatabaseWhatIsCachedIsServedAndSoIsWhatIsStale() {
        var desk = open("RATE_LIMIT_DATABASE_REQUESTS", "1");
        assertThat(desk.get("/views/books?shelf=3").cache()).isEqualTo("MISS");
        assertThat(desk.get("/views/books?shelf=3").cache()).isEqualTo("HIT");

        var refused = desk.get("/views/books?shelf=4");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.text()).contains("had to ask the database");
        assertThat(refused.header("Retry-After")).isNotEmpty();
        assertThat(refused.header("X-Cache")).isEmpty();

        var key = library.key("books", "shelf", "5");
        var begun = library.cache.begin(key, List.of(new Tag("shelf:5"))).orElseThrow();
        var pastItsTtl = new Lifetime(Duration.ofMillis(1), Duration.ofHours(1), Duration.ZERO);
        library.cache.fill(begun, new byte[] {'[', ']'}, pastItsTtl, "", begun.begunAt());
        var stale = desk.get("/views/books?shelf=5");
        assertThat(stale.cache()).isEqualTo("STALE");
        assertThat(stale.text()).isEqualTo("[]");
        assertThat(desk.get("/health/detailed").text())
                .as("what was not begun is neither a load nor an error")
                .contains("\"loads\":1,", "\"errors\":0");
        assertThat(desk.get("/views/books?shelf=3").cache()).isEqualTo("HIT");
    }

    @Test
    void withoutRedisNobodyIsRefused() {
        var desk = open("RATE_LIMIT_API_REQUESTS", "1", "RATE_LIMIT_DATABASE_REQUESTS", "1");
        proxy.cut();
        for (int i = 0; i < 5; i++) {
            assertThat(desk.get("/views/books?shelf=3").cache()).isEqualTo("BYPASS");
        }
    }

    private Library.Desk open(String... settings) {
        var all = Stream.of(settings, PATIENT).flatMap(Arrays::stream).toArray(String[]::new);
        return library.open(all);
    }

    private static Library.Reply read(Library.Desk desk, String forwardedFor) {
        return desk.get("/views/books?shelf=3", "X-Forwarded-For", forwardedFor);
    }
}
