package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** {@code benchmarks/run nextjs}: a real Next.js application of each version, told by Freshet, in all that befalls it. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class NextJsBenchmark {
    private static final String USE_CACHE = "use-cache";
    private static final List<String> VERSIONS = List.of("16", "15", "14");

    /** What happens, in this order. */
    private interface Scenario {
        Verdict play(Run run) throws Exception;
    }

    private static final Map<String, Scenario> SCENARIOS = scenarios();

    private NextJsBenchmark() {}

    /**
     * Plays every scenario, or those that are named, on every version, or those that are named.
     *
     * @param chosen versions such as 16 and scenarios such as events; empty means all
     * @return whether all ended as they must
     */
    public static boolean run(List<String> chosen) throws Exception {
        for (var word : chosen) {
            if (!VERSIONS.contains(word) && !SCENARIOS.containsKey(word)) {
                System.err.println("benchmarks/run nextjs [" + String.join("|", VERSIONS) + "]... ["
                        + String.join("|", SCENARIOS.keySet()) + "]..., there is no " + word);
                return false;
            }
        }
        try {
            Programs.requireNode();
            return play(chosenOf(VERSIONS, chosen), chosenOf(List.copyOf(SCENARIOS.keySet()), chosen));
        } catch (BrokenOffException e) {
            System.err.println(e.getMessage());
            return false;
        }
    }

    private static boolean play(List<String> versions, List<String> scenarios) throws Exception {
        var home = Path.of(System.getProperty("freshet.home", "")).toAbsolutePath();
        var output = home.resolve("invalidation-worker/target/nextjs");
        Files.createDirectories(output);
        System.setProperty("freshet.log", output.resolve("freshet.log").toString());
        System.setProperty("logback.configurationFile", "nextjs-logback.xml");
        var verdicts = new LinkedHashMap<String, List<Verdict>>();
        try (var services = new Services(output)) {
            for (var version : versions) {
                verdicts.put(version, play(home, version, services, scenarios));
            }
        }
        System.out.println(Verdict.json(verdicts));
        return verdicts.values().stream().flatMap(List::stream).allMatch(Verdict::passed);
    }

    private static List<Verdict> play(Path home, String version, Services services, List<String> scenarios)
            throws IOException, InterruptedException {
        System.out.println("Next.js " + version);
        var verdicts = new ArrayList<Verdict>();
        try (var source = new Source()) {
            var site = prepare(home, version, services, source);
            var run = new Run(site, services, source, new AtomicIntegerArray(Services.COHORTS + 1));
            for (var name : scenarios) {
                if (name.equals(USE_CACHE) && !site.hasUseCache()) {
                    continue;
                }
                var verdict = play(name, run);
                System.out.println(verdict);
                verdicts.add(verdict);
            }
        }
        return verdicts;
    }

    private static Site prepare(Path home, String version, Services services, Source source)
            throws IOException, InterruptedException {
        try (var freshet = new Freshet(services)) {
            source.readFrom(freshet.reads());
            return Site.prepare(home, version, source, freshet.views());
        }
    }

    /** A scenario that breaks off fails, and the others are played all the same. */
    private static Verdict play(String name, Run run) throws InterruptedException {
        try {
            return Objects.requireNonNull(SCENARIOS.get(name)).play(run);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            var cause = e instanceof BrokenOffException ? e.getMessage() : String.valueOf(e);
            return new Verdict(name, false, "broken off: " + cause, Map.of("error", cause));
        }
    }

    private static List<String> chosenOf(List<String> all, List<String> chosen) {
        var some = all.stream().filter(chosen::contains).toList();
        return some.isEmpty() ? all : some;
    }

    private static Map<String, Scenario> scenarios() {
        var all = new LinkedHashMap<String, Scenario>();
        all.put("events", EventsToFresh::play);
        all.put(USE_CACHE, EventsToFresh::playUseCache);
        all.put("fill-race", FillRace::play);
        all.put("absence", Absence::play);
        all.put("deploy", Deploy::play);
        all.put("only-sql", OnlySql::play);
        all.put("shared-cache", SharedCache::play);
        all.put("browser", Browser::play);
        return all;
    }
}
