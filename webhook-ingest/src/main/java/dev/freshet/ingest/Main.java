package dev.freshet.ingest;

import dev.freshet.catalog.CatalogException;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;

/** Starts the webhook service with the settings of the environment and ends it on SIGTERM. */
@SuppressWarnings("SystemOut") // said before there is a log to say it to
public final class Main {
    private Main() {}

    /** Exits with 2 when the settings or the catalog cannot be used. */
    public static void main(String[] args) {
        try {
            var ingest = Ingest.start(new Settings(System.getenv()));
            Runtime.getRuntime().addShutdownHook(new Thread(ingest::close, "stop"));
        } catch (SettingException | CatalogException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }
}
