package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Page;
import dev.freshet.model.Tag;
import dev.freshet.worker.frontend.Change;
import dev.freshet.worker.frontend.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EffectsIT {
    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LATER = FIRST.plusSeconds(7);

    @Test
    void theEarliestReceiptAndTheNewestVersionCount() {
        var effects = new Effects();
        effects.addTags(List.of(new Tag("a")), LATER);
        effects.addTags(List.of(new Tag("a")), FIRST);
        effects.addPages(List.of(page("/p", "10"), page("/p", "9")), LATER);
        var other = new Effects();
        other.addPages(List.of(page("/p", "2"), page("/q", "blue"), page("/q", "green")), FIRST);
        other.addPages(List.of(new Page("/q", Optional.empty())), LATER);
        effects.add(other);
        assertThat(effects.changes())
                .containsExactly(
                        Change.of(new Tag("a"), FIRST), change("/p", "10", FIRST), change("/q", "green", FIRST));
        assertThat(effects.received()).contains(FIRST);
    }

    @Test
    void aVersionThatIsNoneLeavesThePageWithoutOne() {
        var effects = new Effects();
        effects.addPages(List.of(page("/p", "x".repeat(500)), page("/q", " ")), FIRST);
        assertThat(effects.changes()).extracting(Change::version).containsExactly(Optional.empty(), Optional.empty());
    }

    @Test
    void whatIsLeftBehindKeepsItsVersionsAndWhenItWasReceived() throws Exception {
        try (var club = new Club()) {
            var effects = new Effects();
            effects.addTags(List.of(new Tag("cohort:3")), FIRST);
            effects.addPages(List.of(page("/p", "10"), new Page("/q", Optional.empty())), FIRST);
            var leftBehind = new LeftBehind(club.database);
            try (var connection = club.database.dataSource().getConnection()) {
                leftBehind.write(connection, effects);
            }
            club.execute("insert into freshet.left_behind (tags, paths) values ('{a}', '{/r}')"); // an older release
            var rows = leftBehind.read(Duration.ZERO);
            assertThat(rows).hasSize(2);
            assertThat(rows.getFirst().effects().changes())
                    .containsExactlyElementsOf(effects.changes())
                    .contains(change("/p", "10", FIRST));
            assertThat(rows.getLast().effects().changes())
                    .extracting(Change::member, Change::version)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("t:a", Optional.empty()),
                            org.assertj.core.groups.Tuple.tuple("p:/r", Optional.empty()));
        }
    }

    private static Page page(String path, String version) {
        return new Page(path, Optional.of(version));
    }

    private static Change change(String path, String version, Instant received) {
        return Change.of(path, received, Optional.of(new Version(version)));
    }
}
