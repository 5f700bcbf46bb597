package dev.freshet.benchmarks.ingest;

import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Curves;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.EmbeddedDatabase;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a delivery costs with one, two and four processes of the webhook service, on one Redis and on a cluster. */
public final class IngestScale {
    private static final List<Integer> PROCESSES = List.of(1, 2, 4);
    private static final int CONNECTIONS = 32;
    private static final int DELIVERIES = 30_000;
    private static final int WARM_UP = 4;
    private static final int ROUNDS = 3;

    private IngestScale() {}

    /** @return how many were not accepted */
    public static long measure(Curves curves) throws Exception {
        long lost = 0;
        for (int processes : PROCESSES) {
            try (var redis = Mode.current().redis()) {
                lost += measure(curves, "ingest", redis.url(), processes, 1);
            }
        }
        for (int processes : PROCESSES) {
            try (var cluster = EmbeddedCluster.start(
                    "appendonly yes", "appendfsync " + Mode.current().fsync())) {
                lost += measure(curves, "ingest on a cluster of three", cluster.url(), processes, 3);
            }
        }
        return lost;
    }

    private static long measure(Curves curves, String what, URI redis, int processes, int partitions) throws Exception {
        var deliveries = new Deliveries();
        var targets = new ArrayList<Target>();
        try (var database = EmbeddedDatabase.start(0)) {
            for (int i = 0; i < processes; i++) {
                var settings = Map.of(
                        "REDIS_QUEUE_URL", redis.toString(),
                        "DATABASE_URL", database.url().toString(),
                        "QUEUE_PARTITIONS", Integer.toString(partitions),
                        "QUEUE_MAX_DEPTH", "100000000",
                        "QUEUE_MAX_BYTES", "100000000000");
                var target = Target.freshet("scale-freshet-" + i, List.of(), settings);
                targets.add(target);
                target.awaitAccepted(deliveries.next(1)[0]);
            }
            var ports = targets.stream().map(Target::port).toList();
            long refused = 0;
            var micros = new ArrayList<Double>();
            try (var load = new Load(ports, CONNECTIONS)) {
                for (int i = -WARM_UP; i < ROUNDS; i++) {
                    var round = load.send(deliveries.next(DELIVERIES));
                    refused += round.refused();
                    if (i >= 0) {
                        micros.add(1e6 / round.perSecond());
                    }
                }
            }
            curves.add("processes", what, processes, Comparison.median(micros));
            return refused;
        } finally {
            for (var target : targets) {
                target.close();
            }
        }
    }
}
