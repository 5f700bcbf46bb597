package dev.freshet.worker.cli;

import dev.freshet.worker.ServeProcess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Answers cached reads until it is told to stop. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Answer the catalog's views over HTTP, from the cache where it can",
            "Settings: SERVE_PORT, CATALOG, REDIS_URL or REDIS_CACHE_URL, DATABASE_URL; .env.example explains all."
        })
final class Serve implements Callable<Integer> {
    private final Terminal terminal;

    Serve(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        UntilStopped.run(() -> ServeProcess.start(terminal.settings()));
        return 0;
    }
}
