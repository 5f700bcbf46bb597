package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.Targets.OfView;
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
              user: { key: user, sql: select 1, tags: user, ttl: 5m }
            """;
    private static final String ALL = VIEWS + """
            targets:
              hitRate: "${RATE:-0.7}"
              views: { runs: 0.85, user: { hitRate: 0.5, read: 50ms } }
              hit: 10ms
              read: 30ms
              api: 150ms
              session: 5ms
              queriesSaved: .6
              reads: 2000
              warnBelow: 0.6
            """;

    @Test
    void eachMayBeThereOrNot() {
        assertThat(parse(VIEWS).targets()).isEqualTo(Targets.NONE);
        assertThat(parse(ALL).targets())
                .isEqualTo(new Targets(
                        Optional.of(0.7),
                        Optional.of(0.6),
                        Map.of(
                                "runs",
                                new OfView(Optional.of(0.85), Optional.empty()),
                                "user",
                                new OfView(Optional.of(0.5), Optional.of(Duration.ofMillis(50)))),
                        Optional.of(Duration.ofMillis(10)),
                        Optional.of(Duration.ofMillis(30)),
                        Optional.of(Duration.ofMillis(150)),
                        Optional.of(Duration.ofMillis(5)),
                        Optional.of(0.6),
                        Optional.of(2_000L)));
        assertThat(parse(VIEWS + "targets: { hitRate: 1 }").targets()).isEqualTo(Targets.NONE.withHitRate(1));
    }

    @Test
    void aWarningMayComeLaterThanTheTarget() {
        var both = parse(ALL).targets();
        assertThat(both.watched()).contains(0.6);
        assertThat(both.withHitRate(0.9).watched()).contains(0.9);
        assertThat(parse(VIEWS + "targets: { hitRate: 1 }").targets().watched()).contains(1.0);
        assertThat(Targets.NONE.watched()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "${RATE:-0.7} | 70 | 6: targets.hitRate must be a number from 0 to 1 such as 0.85, was '70'",
                "${RATE:-0.7} | 70 % | 6: targets.hitRate must be a number from 0 to 1 such as 0.85, was '70 %'",
                ".6 | 1.5 | 12: targets.queriesSaved must be a number from 0 to 1 such as 0.85, was '1.5'",
                "runs: 0.85 | run: 0.85 | 7: targets.views.run is no view; did you mean runs?",
                "read: 50ms | reads: 50 | 7: targets.views.user.reads is no key of the format; did you mean read?",
                "hit: 10ms | hit: 0ms | 8: targets.hit must be more than 0; such as 10ms",
                "hit: 10ms | hit: fast | 8: targets.hit must be a duration such as 5m, was 'fast'",
                "reads: 2000 | reads: 0 | 13: targets.reads must be a whole number from 1 to 10000000, was '0'",
                "session: 5ms | sessions: 5ms | 11: targets.sessions is no key of the format; did you mean session?",
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
