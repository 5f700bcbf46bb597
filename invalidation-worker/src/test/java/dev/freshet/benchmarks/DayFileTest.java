package dev.freshet.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.CatalogReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DayFileTest {
    @ParameterizedTest
    @ValueSource(strings = {"tafta", "scorm", "club"})
    void aDayReadsAndChangesWhatItsCatalogHas(String name) {
        var day = DayFile.read(name);
        var catalog = CatalogReader.read(name, Map.of());
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            var reader = day.reader(random);
            assertReadable(catalog.views(), reader.look(), DayFile.drawn(reader.draw(), random));
            var writer = day.writer(random);
            var drawn = DayFile.drawn(writer.draw(), random);
            writer.deletes().forEach(look -> assertReadable(catalog.views(), look, drawn));
            if (writer.shows() != null) {
                assertReadable(catalog.views(), writer.shows().look(), drawn);
            }
            if (writer.body() != null) {
                assertThat(catalog.sites()).containsKey(Objects.requireNonNull(writer.site()));
            }
        }
    }

    @Test
    void aSeedDrawsTheSameAgainWithinItsBounds() {
        var how = new LinkedHashMap<String, String>();
        how.put("learner", "zipf 50");
        how.put("cohort", "group of learner 4");
        how.put("status", "one of any approved");
        how.put("run", "uniform 3");
        assertThat(DayFile.drawn(how, new Random(7))).isEqualTo(DayFile.drawn(how, new Random(7)));
        var random = new Random(1);
        int firsts = 0;
        for (int i = 0; i < 1_000; i++) {
            var drawn = DayFile.drawn(how, random);
            int learner = Integer.parseInt(drawn.get("learner"));
            assertThat(learner).isBetween(1, 50);
            assertThat(drawn).containsEntry("cohort", Integer.toString(1 + learner % 4));
            assertThat(drawn.get("status")).isIn("any", "approved");
            assertThat(drawn.get("run")).isIn("1", "2", "3");
            firsts += learner == 1 ? 1 : 0;
        }
        assertThat(firsts).isGreaterThan(100);
        assertThatThrownBy(() -> DayFile.drawn(Map.of("a", "dice"), random)).hasMessage("nothing is drawn as 'dice'");
        assertThatThrownBy(() -> DayFile.read("none")).hasMessage("there is no day of none");
    }

    private static void assertReadable(
            Map<String, dev.freshet.catalog.View> views, DayFile.Look look, Map<String, String> drawn) {
        assertThat(views).containsKey(look.view());
        assertThat(look.query(drawn)).doesNotContain("{");
    }
}
