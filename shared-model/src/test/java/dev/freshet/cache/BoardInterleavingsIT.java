package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.cache.BoardInterleavings.Scenario;
import dev.freshet.cache.BoardState.Building;
import dev.freshet.cache.BoardState.Reader;
import dev.freshet.cache.BoardState.Writer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every order of a few acts around one board, on a real Redis. */
class BoardInterleavingsIT {
    private static BoardInterleavings world;

    @BeforeAll
    static void start() {
        world = new BoardInterleavings();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    static Stream<Scenario> scenarios() {
        return Stream.of(
                new Scenario(
                        "a build and a patch",
                        List.of(Building.of("b1"), Reader.of("r1"), Writer.marking("w1"), Writer.marking("w2")),
                        0,
                        0,
                        0),
                new Scenario(
                        "two patches",
                        List.of(Reader.of("r1"), Reader.of("r2"), Writer.marking("w1"), Writer.marking("w2")),
                        0,
                        0,
                        0),
                new Scenario("eviction", List.of(Building.of("b1"), Reader.of("r1"), Writer.marking("w1")), 2, 0, 0),
                new Scenario(
                        "two builds", List.of(Building.of("b1"), Building.of("b2"), Writer.marking("w1")), 1, 0, 0),
                new Scenario(
                        "a mark and a tag",
                        List.of(Building.of("b1"), Reader.of("r1"), Writer.marking("w1"), Writer.invalidating("t1")),
                        0,
                        0,
                        0),
                new Scenario("restart", List.of(Building.of("b1"), Reader.of("r1"), Writer.marking("w1")), 0, 0, 1),
                new Scenario("sent twice", List.of(Building.of("b1"), Reader.of("r1"), Writer.marking("w1")), 0, 1, 0),
                new Scenario("sent twice and evicted", List.of(Building.of("b1"), Writer.marking("w1")), 2, 1, 0));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void inNoOrderDoesAReaderGetAScoreFromBeforeAnAcknowledgedChange(Scenario scenario) {
        var found = world.explore(scenario, BoardSteps::new);
        assertThat(found.shortest()).isEmpty();
        assertThat(found.states()).isGreaterThan(100);
    }

    @ParameterizedTest
    @EnumSource
    void theSameOrdersFindWhatIsWrongWith(BoardSteps.Crippled protocol) {
        var telling = scenarios()
                .filter(scenario -> scenario.name().equals(protocol.scenario()))
                .findFirst();
        var found = world.explore(telling.orElseThrow(), protocol::make).shortest();
        assertThat(found).isPresent();
    }
}
