package dev.freshet.benchmarks.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
    @ParameterizedTest
    @CsvSource({"50, 3", "99, 5", "20, 1", "21, 2", "0, 1", "100, 5"})
    void aPercentileIsTheSmallestValueThatSoManyDoNotExceed(double percent, double value) {
        assertThat(Comparison.percentile(List.of(5.0, 1.0, 4.0, 2.0, 3.0), percent))
                .isEqualTo(value);
    }
}
