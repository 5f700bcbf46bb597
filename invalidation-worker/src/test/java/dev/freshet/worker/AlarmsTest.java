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
    void everyAlarmIsDescribed() throws IOException {
        var rules = rules();
        assertThat(Handbook.names("Freshet[A-Za-z]+", Handbook.section("Alarms")))
                .containsExactlyElementsOf(
                        rules.stream().map(rule -> rule.path("alert").asText()).toList());
    }

    @Test
    void everyAlarmNamesTheEntriesThatNameIt() throws IOException {
        var entries = Handbook.entries();
        for (var rule : rules()) {
            var alarm = rule.path("alert").asText();
            var asked = List.of(rule.at("/annotations/runbook").asText().split("; ", -1));
            assertThat(entries.keySet().stream()
                            .filter(title -> Handbook.names("Freshet[A-Za-z]+", entries.getOrDefault(title, ""))
                                    .contains(alarm)))
                    .as(alarm)
                    .isNotEmpty()
                    .containsExactlyInAnyOrderElementsOf(asked);
        }
    }

    private static List<JsonNode> rules() throws IOException {
        return new YAMLMapper()
                .readTree(Path.of("../docs/alerts.yml").toFile())
                .at("/groups/0/rules")
                .valueStream()
                .toList();
    }
}
