package dev.freshet.ingest;

import dev.freshet.catalog.Site;

/** A site with how its deliveries are verified and read. */
record Sender(Site site, SignatureScheme scheme) {
    Sender(Site site) {
        this(site, SignatureScheme.of(site));
    }
}
