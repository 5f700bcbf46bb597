package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.catalog.Targets;
import dev.freshet.catalog.Targets.OfView;
import dev.freshet.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TargetWatchTest {
    private static final Targets TARGETS = new Targets(
            Optional.of(0.9),
            Optional.of(0.8),
            Map.of("user", new OfView(Optional.of(0.5), Optional.of(Duration.ofMillis(1)))),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    private final Logger logger = (Logger) LoggerFactory.getLogger(TargetWatch.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final CacheStats stats = new CacheStats(metrics);
    private final TargetWatch watch = new TargetWatch(TARGETS, Set.of("runs", "user"), stats::totals, metrics);

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO);
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(null); // its parent's
    }

    @Test
    void aHitRateIsJudgedByTheReadsSinceItLastWas() {
        read("runs", 79, Outcome.HIT);
        read("runs", 20, Outcome.MISS);
        watch.runOnce();
        assertThat(missed("*")).isNaN(); // 99 reads say nothing yet

        read("runs", 1, Outcome.STALE);
        watch.runOnce();
        assertThat(missed("*")).isOne();
        assertThat(missed("user")).isNaN();

        read("runs", 100, Outcome.MISS);
        stats.reset();
        watch.runOnce();
        assertThat(missed("*")).isOne();

        read("runs", 80, Outcome.HIT);
        read("runs", 20, Outcome.BYPASS);
        watch.runOnce();
        assertThat(missed("*")).isZero();
        assertThat(said())
                .containsExactly(
                        "WARN hit rate below target view=* rate=0.790 target=0.8",
                        "INFO hit rate on target view=* rate=0.800 target=0.8");
    }

    @Test
    void aViewHasATargetOfItsOwnAndWhatIsNoViewCountsForNone() {
        read("session", 1_000, Outcome.MISS);
        watch.runOnce();
        assertThat(missed("*")).isNaN();

        read("user", 49, Outcome.HIT);
        read("user", 51, Outcome.MISS);
        read("runs", 900, Outcome.HIT);
        watch.runOnce();
        assertThat(missed("*")).isZero();
        assertThat(missed("user")).isOne();
        assertThat(said()).containsExactly("WARN hit rate below target view=user rate=0.490 target=0.5");
    }

    @Test
    void theSettingWinsOverTheCatalogWhichNeedsNoTargets() {
        assertThat(targets("0.95", TARGETS).watched()).contains(0.95);
        assertThat(targets("0.95", TARGETS).views()).isEqualTo(TARGETS.views());
        assertThat(targets("0.7", Targets.NONE).watched()).contains(0.7);
        assertThat(targets("", TARGETS)).isEqualTo(TARGETS);
        assertThatThrownBy(() -> targets("70", TARGETS))
                .hasMessage("TARGET_HIT_RATE must be a number from 0 to 1 such as 0.85, was '70'");
    }

    private static Targets targets(String setting, Targets declared) {
        return ServeConfig.targets(new Settings(Map.of("TARGET_HIT_RATE", setting)), declared);
    }

    private void read(String view, int count, Outcome outcome) {
        for (int i = 0; i < count; i++) {
            stats.read(view, outcome, 1);
        }
    }

    private double missed(String view) {
        return metrics.get("freshet_target_missed").tag("view", view).gauge().value();
    }

    private List<String> said() {
        return lines.list.stream()
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }
}
