package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The board for Grafana asks for what there is. */
class DashboardTest {
    @Test
    void everyPanelAsksForMetricsThatAreDescribed() throws IOException {
        var described = Handbook.metrics(Handbook.section("Metrics"));
        assertThat(panels()).isNotEmpty().allSatisfy(panel -> {
            var asked = panel.path("targets")
                    .valueStream()
                    .flatMap(target -> Handbook.metrics(target.path("expr").asText()).stream())
                    .toList();
            assertThat(asked).as(panel.path("title").asText()).isNotEmpty();
            assertThat(described).as(panel.path("title").asText()).containsAll(asked);
        });
    }

    @Test
    void everyPanelHasAPlaceOfItsOwn() throws IOException {
        assertThat(panels()).extracting(panel -> panel.path("id").asInt()).doesNotHaveDuplicates();
        assertThat(panels()).extracting(panel -> panel.path("gridPos")).doesNotHaveDuplicates();
    }

    private static List<JsonNode> panels() throws IOException {
        return new JsonMapper()
                .readTree(Path.of("../docs/grafana.json").toFile())
                .path("panels")
                .valueStream()
                .toList();
    }
}
