package dev.freshet.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testing.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What .env.example says of settings is what the handbook of operators says. */
class ExampleSettingsTest {
    private static final Pattern SETTING = Pattern.compile("(?m)^#?([A-Z_]+)=(.*)$");
    private static final Pattern PLAIN = Pattern.compile("[0-9.]+(ms|s|m|h|d)?|true|false");

    @Test
    void everySettingStandsInBothAndNoOther() throws IOException {
        var names = example().keySet();
        names.remove("POSTGRES_PASSWORD"); // of docker-compose.yml alone
        assertThat(names)
                .containsExactlyInAnyOrderElementsOf(Handbook.settings().keySet());
    }

    @Test
    void whereADefaultIsOneValueItIsTheSame() throws IOException {
        var example = example();
        Handbook.settings().forEach((name, text) -> {
            var usual = text.replaceAll("[`,]", "").split(" ", 2)[0];
            if (PLAIN.matcher(usual).matches()) {
                assertThat(example).containsEntry(name, usual);
            }
        });
    }

    /** Each setting with the value that it has there. */
    private static Map<String, String> example() throws IOException {
        var settings = new TreeMap<String, String>();
        SETTING.matcher(Files.readString(Project.path(".env.example")))
                .results()
                .forEach(setting ->
                        settings.put(setting.group(1).replaceFirst("(?<=^CACHE_TTL_).+", "<VIEW>"), setting.group(2)));
        return settings;
    }
}
