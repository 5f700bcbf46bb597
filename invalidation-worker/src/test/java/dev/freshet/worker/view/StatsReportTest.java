package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.cache.ViewStats;
import dev.freshet.redis.RedisUsage;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatsReportTest {
    @Test
    void whatNobodyReadHasNoHitRate() {
        var json = report(0, 0);
        assertThat(json.at("/views/0/hitRate").isNull()).isTrue();
        assertThat(json.at("/total/hitRate").isNull()).isTrue();
        assertThat(json.at("/redis/0/hitRate").isNull()).isTrue();
    }

    @Test
    void aHitRateHasFourDecimals() {
        var json = report(2, 1);
        assertThat(json.at("/views/0/hitRate").doubleValue()).isEqualTo(0.6667);
        assertThat(json.at("/total/hitRate").doubleValue()).isEqualTo(0.6667);
        assertThat(json.at("/redis/0/hitRate").doubleValue()).isEqualTo(0.6667);
        assertThat(report(0, 3).at("/views/0/hitRate").doubleValue()).isZero();
        assertThat(report(0, 3).at("/views/0/hitRate").isNull()).isFalse();
    }

    private static ObjectNode report(long hits, long misses) {
        var view = new ViewStats("books", hits, misses, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        var redis = new RedisUsage("7.4.1", 0, 0, 0, "", 0, 0, hits, misses, 1, 0);
        return new StatsReport(List.of(view), Optional.empty(), List.of(redis)).json();
    }
}
