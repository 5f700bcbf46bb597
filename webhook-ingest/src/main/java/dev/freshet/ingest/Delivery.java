package dev.freshet.ingest;

import dev.freshet.catalog.Site;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One signed request, before its envelope was read.
 *
 * @param body the bytes that were signed, or the event that was made of them
 * @param id how the request's header names it; the body's own id wins
 * @param waits whether the sender wants to be answered only once the change is applied
 * @param trace what log lines of all processes know it by
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Delivery(Site site, byte[] body, Optional<String> id, boolean waits, String trace) {

    static Delivery of(Site site, byte[] body, Optional<String> id) {
        var trace = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return new Delivery(site, body, id, false, trace);
    }

    /** The same for a sender who waits, with what its body became. */
    Delivery waiting(byte[] event) {
        return new Delivery(site, event, id, true, trace);
    }
}
