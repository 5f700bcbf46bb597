package dev.freshet.cache;

import dev.freshet.cache.Stress.Length;
import dev.freshet.cache.Stress.Report;
import java.time.Duration;
import java.util.Map;

/**
 * The proof that no read returns what an acknowledged invalidation had reached, at length: every order of a few acts,
 * then millions of reads under stress, each also with protocols that lack one thing, of which each must be found out.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Consistency {
    private static final Map<Surroundings.Kind, Long> READS = Map.of(
            Surroundings.Kind.PLAIN, 5_000_000L,
            Surroundings.Kind.FULL_MEMORY, 4_000_000L,
            Surroundings.Kind.KILLED, 2_000_000L);
    private static final Length UNTIL_FOUND_OUT = new Length(Duration.ZERO, Long.MAX_VALUE, 10, Duration.ofMinutes(2));
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private long reads;
    private long hits;
    private long stale;
    private long states;
    private boolean isTrusted = true;

    private Consistency() {}

    /**
     * Runs all of it, for minutes. The last line printed is one JSON object.
     *
     * @return whether ours never returned a stale value and each of the others did
     */
    public static boolean run() {
        return new Consistency().prove();
    }

    private boolean prove() {
        explore();
        stress();
        System.out.printf(
                "{\"name\":\"consistency\",\"reads\":%d,\"hits\":%d,\"stale\":%d,\"states\":%d,\"crippled\":%d,\"ok\":%b}%n",
                reads, hits, stale, states, Crippled.values().length, isTrusted);
        return isTrusted;
    }

    private void explore() {
        try (var world = new World()) {
            System.out.println("every order of a few acts, ours:");
            for (var scenario : Scenario.large()) {
                var found = new Interleavings(world, scenario, Ours::new).explore(1);
                System.out.println("  " + found);
                states += found.states();
                stale += found.violations();
                demand(found.violations() == 0, "ours is not safe in " + scenario);
            }
            System.out.println("the same with one thing left out:");
            for (var protocol : Crippled.values()) {
                var found = new Interleavings(world, Scenario.small().getFirst(), protocol::make).explore(1);
                System.out.println("  " + protocol + ", " + found);
                demand(found.violations() > 0, "nothing wrong was found with: " + protocol);
            }
        }
    }

    private void stress() {
        System.out.println("under stress, ours:");
        for (var kind : Surroundings.Kind.values()) {
            var length = new Length(Duration.ofSeconds(10), READS.getOrDefault(kind, 1_000_000L), 1, LONGEST);
            try (var surroundings = kind.make()) {
                var report = new Stress(surroundings, length).run("ours", Ours::new);
                System.out.println("  " + report);
                reads += report.reads();
                hits += report.hits();
                stale += report.stale();
                demand(report.stale() == 0, "ours returned stale values in " + kind);
                demand(report.reads() >= length.reads() && !report.toll().isEmpty(), kind + " was not done in time");
            }
        }
        System.out.println("the same with one thing left out:");
        for (var protocol : Crippled.values()) {
            var report = stress(protocol);
            System.out.println("  " + report);
            demand(report.stale() > 0, "nothing wrong was found with: " + protocol);
        }
    }

    private static Report stress(Crippled protocol) {
        try (var surroundings = protocol.surroundings().make()) {
            return new Stress(surroundings, UNTIL_FOUND_OUT).run(protocol.toString(), protocol::make);
        }
    }

    private void demand(boolean holds, String otherwise) {
        if (!holds) {
            System.out.println("  FAILED: " + otherwise);
            isTrusted = false;
        }
    }
}
