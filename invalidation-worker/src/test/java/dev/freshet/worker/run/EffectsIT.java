package dev.freshet.worker.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Page;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.worker.frontend.Change;
import dev.freshet.worker.frontend.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
    }

    @Test
    void aVersionThatIsNoneLeavesThePageWithoutOne() {
        var effects = new Effects();
        effects.addPages(List.of(page("/p", "x".repeat(500)), page("/q", " ")), FIRST);
        assertThat(effects.changes()).extracting(Change::version).containsExactly(Optional.empty(), Optional.empty());
    }

    @Test
    void onlyWhatIsSaysHowNewAPageMustBe() throws Exception {
        try (var club = new Club()) {
            assertThat(versions(club, saved(3, LATER))).isEqualTo(Map.of("/cohort/3", asOf(LATER)));
            assertThat(versions(club, saved(4, FIRST)))
                    .as("overtaken")
                    .isEqualTo(Map.of("/cohort/3", Optional.empty()));
            assertThat(versions(club, saved(5, LATER)))
                    .as("that of the cohort that was left need not change")
                    .isEqualTo(Map.of("/cohort/3", Optional.empty(), "/cohort/5", asOf(LATER)));
            assertThat(versions(club, saved(5, LATER.plusSeconds(2)), saved(5, LATER.plusSeconds(1))))
                    .as("in whatever order they come")
                    .isEqualTo(Map.of("/cohort/5", asOf(LATER.plusSeconds(2))));
        }
    }

    private static Optional<Version> asOf(Instant at) {
        return Optional.of(new Version("as of " + at));
    }

    private static String saved(int cohort, Instant at) {
        return "{\"created_at\":\"" + at + "\",\"payload\":{\"id\":7,\"cohort\":" + cohort + "}}";
    }

    private static Map<String, Optional<Version>> versions(Club club, String... bodies) throws Exception {
        var rule = club.catalog.rule("member.saved", "main").orElseThrow();
        var changes = new ArrayList<Batch.Change>();
        for (var body : bodies) {
            var bytes = body.getBytes(UTF_8);
            var job = Job.first(body, "main", "member.saved", FIRST, false, "trace", bytes);
            changes.add(new Batch.Change(job, rule, rule.read(bytes, FIRST)));
        }
        var versions = new TreeMap<String, Optional<Version>>();
        club.newApplier().apply(changes).effects().pages().forEach((path, page) -> versions.put(path, page.version()));
        return versions;
    }

    private static Page page(String path, String version) {
        return new Page(path, Optional.of(version));
    }

    private static Change change(String path, String version, Instant received) {
        return Change.of(path, received, Optional.of(new Version(version)));
    }
}
