package dev.freshet.worker;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether each thing that a process depends on answers. They are asked by the clock, whoever reads the metrics, since
 * one that hangs must not hold up a reading; NaN until one was asked.
 */
final class DependencyGauges {
    static final Duration PERIOD = Duration.ofSeconds(15);

    private static final class Dependency {
        final Ping ping;
        volatile double up = Double.NaN;

        Dependency(Ping ping) {
            this.ping = ping;
        }
    }

    /** Ends normally when what it asks answers. */
    interface Ping {
        void run() throws Exception;
    }

    private final List<Dependency> dependencies = new ArrayList<>();
    private final MeterRegistry metrics;

    DependencyGauges(MeterRegistry metrics) {
        this.metrics = metrics;
    }

    /** @param name as health and logs call it */
    DependencyGauges with(String name, Ping ping) {
        var dependency = new Dependency(ping);
        Gauge.builder("freshet_dependency_up", () -> dependency.up)
                .description("1 while it answers")
                .tag("dependency", name)
                .register(metrics);
        dependencies.add(dependency);
        return this;
    }

    /** Asks one after the other. */
    void runOnce() {
        for (var dependency : dependencies) {
            try {
                dependency.ping.run();
                dependency.up = 1;
            } catch (Exception e) { // logs say it where work meets it
                dependency.up = 0;
            }
        }
    }
}
