package dev.freshet.benchmarks.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.benchmarks.tools.Results.Row;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResultsTest {
    private static String verdict(Optional<Double> ratio, boolean higherIsBetter) {
        return Results.verdict(new Row("x", ratio, higherIsBetter, "{}"), 10);
    }

    @Test
    void aFifthLessIsAllowedWhereMoreIsBetter() {
        assertThat(verdict(Optional.of(8.0), true)).isEqualTo("holds");
        assertThat(verdict(Optional.of(7.9), true)).isEqualTo("WORSE");
        assertThat(verdict(Optional.of(99.0), true)).isEqualTo("holds");
    }

    @Test
    void aFifthMoreIsAllowedWhereLessIsBetter() {
        assertThat(verdict(Optional.of(12.0), false)).isEqualTo("holds");
        assertThat(verdict(Optional.of(12.1), false)).isEqualTo("WORSE");
        assertThat(verdict(Optional.of(0.1), false)).isEqualTo("holds");
    }

    @Test
    void whatHasNoReferenceHereHasNotPassed() {
        assertThat(verdict(Optional.empty(), true)).startsWith("NOT COMPARED");
    }
}
