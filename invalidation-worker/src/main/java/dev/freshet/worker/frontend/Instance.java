package dev.freshet.worker.frontend;

import java.net.URI;
import java.util.List;

/**
 * One process of a front end, reached at an address of its own.
 *
 * @param frontEnd the front end's name in the catalog
 * @param address where it takes callbacks
 * @param secrets the first one signs; empty: it cannot be told
 */
record Instance(String frontEnd, URI address, List<String> secrets) {
    /** Where a Next.js application takes callbacks when its address says no path. */
    static final String DEFAULT_PATH = "/api/revalidate";

    Instance {
        secrets = List.copyOf(secrets);
        if (address.getRawPath() == null || address.getRawPath().isEmpty() || "/".equals(address.getRawPath())) {
            address = address.resolve(DEFAULT_PATH);
        }
    }

    /** The address without login and query, which may be secret: the name in keys, logs and status. */
    String name() {
        var port = address.getPort() < 0 ? "" : ":" + address.getPort();
        return address.getScheme() + "://" + address.getHost() + port + address.getRawPath();
    }
}
