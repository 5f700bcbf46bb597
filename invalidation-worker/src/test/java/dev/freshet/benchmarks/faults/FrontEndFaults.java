package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import dev.freshet.benchmarks.faults.Relay.Tripwire;
import dev.freshet.benchmarks.faults.Site.Mood;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What befalls one instance of the front end. */
final class FrontEndFaults {
    private static final List<String> SITES = List.of("site-1", "site-2");

    private FrontEndFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("site-refuse", SITES, FrontEndFaults::refuse),
                new Kind("site-hang", SITES, scene -> mood(scene, Mood.HANGS, 6_000, 8_000, "hung")),
                new Kind("site-500", SITES, scene -> mood(scene, Mood.FAILS, 1_000, 5_000, "answered 500")),
                new Kind("site-slow", SITES, scene -> mood(scene, Mood.SLOW, 31_000, 35_000, "answered after 30 s")),
                new Kind("site-reset", SITES, FrontEndFaults::reset));
    }

    private static String mood(Scene scene, Mood mood, int leastMillis, int mostMillis, String what)
            throws InterruptedException {
        scene.site().become(mood);
        scene.rest(leastMillis, mostMillis);
        scene.site().become(Mood.WELL);
        return scene.target() + " " + what;
    }

    private static String refuse(Scene scene) throws InterruptedException {
        scene.site().goAway();
        scene.rest(1_000, 5_000);
        scene.site().comeBack();
        return scene.target() + " took no connection";
    }

    /** It does as it is told, and the connection breaks before it can say so. */
    private static String reset(Scene scene) throws InterruptedException {
        var relay = scene.stack().toSites.get(scene.stack().sites.indexOf(scene.site()));
        var goesOn = new AtomicBoolean(true);
        var times = new AtomicInteger();
        armAgain(relay, goesOn, times);
        scene.rest(1_000, 5_000);
        goesOn.set(false);
        relay.disarm();
        return scene.target() + " reset " + times + " connections";
    }

    private static void armAgain(Relay relay, AtomicBoolean goesOn, AtomicInteger times) {
        relay.arm(Tripwire.atAnswerTo("POST ", () -> {
            times.incrementAndGet();
            if (goesOn.get()) {
                armAgain(relay, goesOn, times);
            }
        }));
    }
}
