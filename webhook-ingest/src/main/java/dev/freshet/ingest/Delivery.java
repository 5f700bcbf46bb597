package dev.freshet.ingest;

import dev.freshet.catalog.Place;
import dev.freshet.catalog.Site;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One signed request, before its envelope was read.
 *
 * @param form where it says what
 * @param body the bytes that were signed, or the event that was made of them
 * @param said what its headers say
 * @param waits whether the sender wants to be answered only once the change is applied
 * @param trace what log lines of all processes know it by
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Delivery(Site site, Form form, byte[] body, Map<Place, String> said, boolean waits, String trace) {

    static Delivery of(Sender sender, byte[] body, Map<Place, String> said) {
        var trace = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return new Delivery(sender.site(), sender.scheme().form(), body, said, false, trace);
    }

    /** The same for a sender who waits, with what its body became. */
    Delivery waiting(byte[] event) {
        return new Delivery(site, form, event, said, true, trace);
    }
}
