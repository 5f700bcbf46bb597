package dev.freshet.worker.cli;

import dev.freshet.worker.WorkerProcess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Works off the queue until it is told to stop. */
@Command(
        name = "work",
        mixinStandardHelpOptions = true,
        description = {
            "Apply what the queue holds, invalidate and re-warm the cache, tell the front ends",
            "Told to stop (SIGTERM, Ctrl-C), it finishes what it has claimed within WORKER_DRAIN and gives the rest back.",
            "Settings: WORKER_PORT, WORKER_LANES, CATALOG, REDIS_URL or REDIS_QUEUE_URL and REDIS_CACHE_URL,",
            "DATABASE_URL; .env.example explains all."
        })
final class Work implements Callable<Integer> {
    private final Terminal terminal;

    Work(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        UntilStopped.run(() -> WorkerProcess.start(terminal.settings()));
        return 0;
    }
}
