package dev.freshet.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Access.Who;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Story;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DayFileTest {
    private static final JsonMapper JSON = new JsonMapper();

    static List<String> catalogs() {
        return CatalogReader.names();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void aDayReadsAndChangesWhatItsCatalogHas(String name) throws Exception {
        var day = DayFile.read(name);
        var catalog = Story.read(name).catalog();
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            var reader = day.reader(random);
            assertReadable(catalog, day, reader.look(), DayFile.drawn(reader.draw(), random));
            var writer = day.writer(random);
            var drawn = DayFile.drawn(writer.draw(), random, Map.of("change", "1001", "id", "day-1"));
            writer.deletes().forEach(look -> assertReadable(catalog, day, look, drawn));
            if (writer.shows() != null) {
                assertReadable(catalog, day, writer.shows().look(), drawn);
                assertThat(DayFile.filled(writer.shows().text(), drawn)).doesNotContain("{");
            }
            assertSendable(catalog, writer, drawn);
        }
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void aDayCanSayOfEachTargetWhatItCameTo(String name) {
        var day = DayFile.read(name);
        var catalog = CatalogReader.read(name, Map.of());
        assertThat(day.readers().stream().map(DayFile.Reader::view))
                .containsAll(catalog.targets().views().keySet());
        assertThat(day.sessions() != null).isEqualTo(catalog.targets().session().isPresent());
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

    private static void assertReadable(Catalog catalog, DayFile day, DayFile.Look look, Map<String, String> drawn) {
        var query = look.query(drawn);
        assertThat(query).doesNotContain("{");
        var as = day.as(look, drawn);
        var path = "/views/" + look.view() + (query.isEmpty() ? "" : "?" + query);
        var view = Story.ask(catalog, new Story.Read(path, as)).orElseThrow().view();
        if (view.access().who() instanceof Who.Users(var issuer, var required)) {
            assertThat(as.orElseThrow().issuer()).isEqualTo(issuer.name());
            required.forEach(
                    (claim, allowed) -> assertThat(as.orElseThrow().claims().isOneOf(claim, allowed))
                            .as(path)
                            .isTrue());
        } else {
            assertThat(as).as(path).isEmpty();
        }
    }

    private static void assertSendable(Catalog catalog, DayFile.Writer writer, Map<String, String> drawn)
            throws JsonProcessingException {
        assertThat(DayFile.filled(writer.sql(), drawn)).doesNotContain("{");
        if (writer.body() == null) {
            assertThat(writer.site()).isNull();
            assertThat(writer.route()).isNull();
            return;
        }
        assertThat(JSON.readTree(Story.filled(DayFile.filled(writer.body(), drawn), Instant.now()))
                        .isObject())
                .isTrue();
        var route = writer.route();
        if (route == null) {
            assertThat(catalog.sites()).containsKey(Objects.requireNonNull(writer.site()));
        } else {
            assertThat(catalog.events().values())
                    .extracting(event -> "" + event.route())
                    .contains(route);
        }
    }
}
