package dev.freshet.worker.dev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Story;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code freshet demo} plays comes as it is told, whichever catalog it is. */
class DemoIT {

    static List<String> catalogs() {
        return CatalogReader.names();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void everythingComesAsTheStoryTellsIt(String catalog) {
        var lines = new ArrayList<String>();
        try (var stage = Stage.ofTests(Story.read(catalog), Demo.SETTINGS);
                var player = new Player(stage, lines::add)) {
            assertThat(player.play()).as(() -> String.join("\n", lines)).isEmpty();
        }
        assertThat(lines.getLast()).startsWith("fresh: deliveries=").endsWith(" lost=0");
    }
}
