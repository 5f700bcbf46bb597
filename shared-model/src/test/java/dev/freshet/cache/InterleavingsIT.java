package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every order of a few acts, on a real Redis; {@code benchmarks/run consistency} takes more acts at a time. */
class InterleavingsIT {
    private static World world;

    @BeforeAll
    static void start() {
        world = new World();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void inNoOrderDoesAReadReturnWhatAnAcknowledgedInvalidationHadReached(Scenario scenario) {
        var found = new Interleavings(world, scenario, Ours::new).explore(Integer.MAX_VALUE);
        assertThat(found.shortest()).isEmpty();
        assertThat(found.states()).isGreaterThan(300);
    }

    @ParameterizedTest
    @EnumSource
    void theSameOrdersFindWhatIsWrongWith(Crippled protocol) {
        var found = Scenario.small().stream()
                .map(scenario -> new Interleavings(world, scenario, protocol::make).explore(1))
                .filter(findings -> findings.violations() > 0)
                .findFirst();
        assertThat(found).isPresent();
    }

    static Stream<Scenario> scenarios() {
        return Scenario.small().stream();
    }
}
