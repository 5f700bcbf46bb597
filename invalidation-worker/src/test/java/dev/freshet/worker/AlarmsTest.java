package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The rules for Prometheus ask for what there is, and the handbook of operators describes each of them. */
class AlarmsTest {
    private static final Path DOCS = Path.of("../docs");

    @Test
    void everyAlarmAsksForMetricsThatAreDescribed() throws IOException {
        var described = names("freshet_[a-z_]+", section("Metrics"));
        for (var rule : rules()) {
            assertThat(described)
                    .as(rule.path("alert").asText())
                    .containsAll(names(
                            "freshet_[a-z_]+?(?=_bucket\\b|[^a-z_]|$)",
                            rule.path("expr").asText()));
        }
    }

    @Test
    void everyAlarmIsDescribedAndSaysWhatToDo() throws IOException {
        var rules = rules();
        assertThat(names("Freshet[A-Za-z]+", section("Alarms")))
                .containsExactlyElementsOf(
                        rules.stream().map(rule -> rule.path("alert").asText()).toList());
        assertThat(rules)
                .allSatisfy(rule ->
                        assertThat(rule.at("/annotations/runbook").asText()).isNotBlank());
    }

    private static List<JsonNode> rules() throws IOException {
        return new YAMLMapper()
                .readTree(DOCS.resolve("alerts.yml").toFile())
                .at("/groups/0/rules")
                .valueStream()
                .toList();
    }

    /** Of the handbook. */
    private static String section(String title) throws IOException {
        var text = Files.readString(DOCS.resolve("operations.md"));
        int start = text.indexOf("\n## " + title + "\n");
        return text.substring(start, text.indexOf("\n## ", start + 1));
    }

    private static List<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group())
                .distinct()
                .toList();
    }
}
