package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionsParserTest {
    private static final String SECRET = "the secret of thirty-two characters and more";
    private static final String CATALOG = """
            application: x
            sessions:
              secrets: "${SESSION_SECRETS}"
              access: { tokens: "${SESSION_TOKENS}" }
            """;
    private static final String ALL = CATALOG + "  ttl: 2h\n  longest: 1d\n  maxBytes: 1000\n";

    @Test
    void sessionsAreKeptWhereTheCatalogSaysSo() {
        assertThat(parse("application: x", Map.of()).sessions()).isEmpty();
        assertThat(parse(CATALOG, Map.of()).sessions())
                .contains(new SessionRules(
                        Duration.ofDays(7), Duration.ofDays(30), List.of(SECRET), List.of("a", "b"), 16_384));
        var all = parse(ALL, Map.of()).sessions().orElseThrow();
        assertThat(all)
                .isEqualTo(new SessionRules(
                        Duration.ofHours(2), Duration.ofDays(1), List.of(SECRET), List.of("a", "b"), 1_000));
        assertThat(all.toString()).doesNotContain("secret of").doesNotContain("[");
        assertThat(parse(ALL, Map.of("SESSION_TTL", "3h")).sessions().map(SessionRules::ttl))
                .contains(Duration.ofHours(3));
    }

    @Test
    void whatIsNotSetRefusesEverythingAndACheckSaysSo() {
        var catalog = parse(CATALOG, Map.of("SESSION_SECRETS", "", "SESSION_TOKENS", ""));
        assertThat(catalog.notes().toString())
                .contains("SESSION_SECRETS is not set, so no session can be created or read")
                .contains("SESSION_TOKENS is not set, so nobody may create or read sessions");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ttl: 2h | ttl: 2d | 2: sessions has a ttl that is not from 1m to its longest",
                "ttl: 2h | ttl: 30s | 2: sessions has a ttl that is not from 1m to its longest",
                "longest: 1d | longest: 401d | 2: sessions has sessions of more than 400d",
                "maxBytes: 1000 | maxBytes: 65537 | 7: sessions.maxBytes must be a whole number from 1 to 65536",
                "${SESSION_SECRETS} | short | 3: sessions.secrets must be secrets of at least 32 characters",
                "${SESSION_TOKENS} | a b | 4: sessions.access.tokens has a token that cannot be sent",
                "tokens: | token: | 4: sessions.access has no tokens",
                "maxBytes | maxByte | 7: sessions.maxByte is no key of the format; did you mean maxBytes?",
            })
    void whatIsWrongIsSaidWithItsLine(String from, String to, String expected) {
        assertThat(ALL).contains(from);
        assertThatThrownBy(() -> parse(ALL.replace(from, to), Map.of()))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("x.yaml:" + expected);
    }

    @Test
    void noViewTakesTheAddress() {
        var view = "views: { v: { route: /session, key: v, sql: select 1, tags: v, ttl: 5m } }\n";
        assertThatThrownBy(() -> parse(CATALOG + view, Map.of())).hasMessageContaining("must not begin with /session");
    }

    private static Catalog parse(String yaml, Map<String, String> more) {
        var environment = new HashMap<>(Map.of("SESSION_SECRETS", SECRET, "SESSION_TOKENS", "a, b"));
        environment.putAll(more);
        return CatalogReader.parse("x.yaml", yaml, new Settings(environment));
    }
}
