package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The instances of each front end, as the catalog lists them. */
final class Instances {
    private final Map<String, List<Instance>> byFrontEnd = new TreeMap<>();

    Instances(Collection<FrontEnd> frontEnds) {
        for (var frontEnd : frontEnds) {
            var instances = frontEnd.instances().stream()
                    .distinct()
                    .map(address -> new Instance(frontEnd.name(), address, frontEnd.secrets()))
                    .toList();
            if (!instances.isEmpty()) {
                byFrontEnd.put(frontEnd.name(), instances);
            }
        }
    }

    /** Front ends without instances are left out: nobody would ever confirm. */
    Map<String, List<Instance>> byFrontEnd() {
        return byFrontEnd;
    }

    List<Instance> all() {
        return byFrontEnd.values().stream().flatMap(List::stream).toList();
    }
}
