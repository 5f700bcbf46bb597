package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import java.net.URI;
import java.util.List;

/**
 * One process of a front end, reached at an address of its own; or the one Redis in which all of them keep their pages.
 *
 * @param frontEnd the front end's name in the catalog
 * @param address where it takes calls
 * @param secrets each of them signs; empty: it cannot be told
 */
record Instance(String frontEnd, URI address, List<String> secrets) {
    /** Where a Next.js application takes callbacks when its address says no path. */
    static final String DEFAULT_PATH = "/api/revalidate";

    Instance {
        secrets = List.copyOf(secrets);
    }

    /** The instance of a front end at this address. */
    static Instance of(FrontEnd frontEnd, URI address) {
        boolean hasPath = address.getRawPath() != null && !address.getRawPath().matches("/?");
        boolean needsPath = frontEnd.type() == FrontEnd.Type.NEXTJS && !hasPath;
        return new Instance(frontEnd.name(), needsPath ? address.resolve(DEFAULT_PATH) : address, frontEnd.secrets());
    }

    /** The address without login and query, which may be secret: the name in keys, logs and status. */
    String name() {
        var port = address.getPort() < 0 ? "" : ":" + address.getPort();
        return address.getScheme() + "://" + address.getHost() + port + address.getRawPath();
    }
}
