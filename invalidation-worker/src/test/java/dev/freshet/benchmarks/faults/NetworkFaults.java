package dev.freshet.benchmarks.faults;

import dev.freshet.benchmarks.faults.Kind.Scene;
import java.time.Duration;
import java.util.List;

/** What befalls the network between any two processes. */
final class NetworkFaults {
    private static final List<String> NETWORK = List.of("network");

    private NetworkFaults() {}

    static List<Kind> all() {
        return List.of(
                new Kind("net-delay", NETWORK, NetworkFaults::delay),
                new Kind("net-drop", NETWORK, NetworkFaults::drop),
                new Kind("net-half-open", NETWORK, NetworkFaults::goSilent));
    }

    private static String delay(Scene scene) throws InterruptedException {
        var relay = scene.anyOf(scene.stack().relays());
        int millis = scene.random().nextInt(30, 300);
        relay.delay(Duration.ofMillis(millis));
        return mended(scene, relay, "delayed by " + millis + " ms");
    }

    private static String drop(Scene scene) throws InterruptedException {
        var relay = scene.anyOf(scene.stack().relays());
        relay.cut();
        return mended(scene, relay, "cut");
    }

    private static String goSilent(Scene scene) throws InterruptedException {
        var relay = scene.anyOf(scene.stack().relays());
        relay.goSilent();
        return mended(scene, relay, "half open");
    }

    private static String mended(Scene scene, Relay relay, String what) throws InterruptedException {
        try {
            scene.rest(1_500, 4_000);
        } finally {
            relay.pass();
        }
        return relay.name() + " was " + what;
    }
}
