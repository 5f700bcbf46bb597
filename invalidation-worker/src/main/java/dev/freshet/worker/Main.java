package dev.freshet.worker;

import dev.freshet.worker.cli.Freshet;
import java.security.Security;

/** Where the {@code freshet} command starts. */
public final class Main {
    private static final String DNS_SECONDS = "networkaddress.cache.ttl";

    private Main() {}

    public static void main(String[] args) {
        // A name stands for other addresses after a failover or a deploy; Java would remember them for half a minute.
        if (Security.getProperty(DNS_SECONDS) == null) {
            Security.setProperty(DNS_SECONDS, "5");
        }
        System.exit(Freshet.run(System.getenv(), System.out, System.err, args));
    }
}
