package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules for Prometheus ask for what there is, and the handbook of operators describes each of them. */
class AlarmsTest {
    @Test
    void everyAlarmAsksForMetricsThatAreDescribed() throws IOException {
        var described = Handbook.metrics(Handbook.section("Metrics"));
        for (var rule : rules()) {
            assertThat(described)
                    .as(rule.path("alert").asText())
                    .containsAll(Handbook.metrics(rule.path("expr").asText()));
        }
    }

    @Test
    void everyAlarmIsDescribedAndSaysWhatToDo() throws IOException {
        var rules = rules();
        assertThat(Handbook.names("Freshet[A-Za-z]+", Handbook.section("Alarms")))
                .containsExactlyElementsOf(
                        rules.stream().map(rule -> rule.path("alert").asText()).toList());
        assertThat(rules)
                .allSatisfy(rule ->
                        assertThat(rule.at("/annotations/runbook").asText()).isNotBlank());
    }

    private static List<JsonNode> rules() throws IOException {
        return new YAMLMapper()
                .readTree(Path.of("../docs/alerts.yml").toFile())
                .at("/groups/0/rules")
                .valueStream()
                .toList();
    }
}
