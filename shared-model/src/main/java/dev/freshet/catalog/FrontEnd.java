package dev.freshet.catalog;

import java.net.URI;
import java.util.List;

/**
 * A front end whose pages go stale when tags change.
 *
 * @param name as in keys and metrics
 * @param type {@code nextjs}
 * @param instances the processes, each of which must be told; empty means nobody is told
 * @param secrets the first one signs; the others are being rotated out
 */
public record FrontEnd(String name, String type, List<URI> instances, List<String> secrets) {
    public FrontEnd {
        instances = List.copyOf(instances);
        secrets = List.copyOf(secrets);
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "front end " + name + " type " + type + " instances " + instances;
    }
}
