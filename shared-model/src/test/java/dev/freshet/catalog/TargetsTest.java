package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetsTest {
    private static final String VIEWS = """
            application: x
            views:
              runs: { key: runs, sql: select 1, tags: runs, ttl: 5m }
            """;
    private static final String ALL = VIEWS + """
            targets:
              hitRate: "${RATE:-0.7}"
              views: { runs: 0.85 }
              hit: 10ms
              read: 30ms
              api: 150ms
              session: 5ms
              queriesSaved: .6
              reads: 2000
            """;

    @Test
    void eachMayBeThereOrNot() {
        assertThat(parse(VIEWS).targets()).isEqualTo(Targets.NONE);
        assertThat(parse(ALL).targets())
                .isEqualTo(new Targets(
                        Optional.of(0.7),
                        Map.of("runs", 0.85),
                        Optional.of(Duration.ofMillis(10)),
                        Optional.of(Duration.ofMillis(30)),
                        Optional.of(Duration.ofMillis(150)),
                        Optional.of(Duration.ofMillis(5)),
                        Optional.of(0.6),
                        Optional.of(2_000L)));
        assertThat(parse(VIEWS + "targets: { hitRate: 1 }").targets()).isEqualTo(Targets.NONE.withHitRate(1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "${RATE:-0.7} | 70 | 5: targets.hitRate must be a number from 0 to 1 such as 0.85, was '70'",
                "${RATE:-0.7} | 70 % | 5: targets.hitRate must be a number from 0 to 1 such as 0.85, was '70 %'",
                ".6 | 1.5 | 11: targets.queriesSaved must be a number from 0 to 1 such as 0.85, was '1.5'",
                "runs: 0.85 | run: 0.85 | 6: targets.views.run is no view; did you mean runs?",
                "hit: 10ms | hit: 0ms | 7: targets.hit must be more than 0; such as 10ms",
                "hit: 10ms | hit: fast | 7: targets.hit must be a duration such as 5m, was 'fast'",
                "reads: 2000 | reads: 0 | 12: targets.reads must be a whole number from 1 to 10000000, was '0'",
                "session: 5ms | sessions: 5ms | 10: targets.sessions is no key of the format; did you mean session?",
            })
    void whatIsWrongIsSaidWithItsLine(String from, String to, String expected) {
        assertThat(ALL).contains(from);
        assertThatThrownBy(() -> parse(ALL.replace(from, to)))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("x.yaml:" + expected);
    }

    private static Catalog parse(String yaml) {
        return CatalogReader.parse("x.yaml", yaml, new Settings(Map.of()));
    }
}
