package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DependencyGaugesTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AtomicBoolean isAway = new AtomicBoolean(true);

    @Test
    void whatDoesNotAnswerIsAwayUntilItDoesAndHidesNoOther() {
        var gauges = new DependencyGauges(metrics)
                .with("cache", () -> {
                    if (isAway.get()) {
                        throw new SQLException("no answer");
                    }
                })
                .with("postgresql", () -> {});
        assertThat(up("cache")).isNaN();

        gauges.runOnce();
        assertThat(up("cache")).isZero();
        assertThat(up("postgresql")).isOne();

        isAway.set(false);
        gauges.runOnce();
        assertThat(up("cache")).isOne();
    }

    private double up(String dependency) {
        return metrics.get("freshet_dependency_up")
                .tag("dependency", dependency)
                .gauge()
                .value();
    }
}
