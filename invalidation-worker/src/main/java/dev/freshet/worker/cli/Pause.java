package dev.freshet.worker.cli;

import dev.freshet.queue.JobQueue;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Stops the fleet from claiming. */
@Command(
        name = "pause",
        mixinStandardHelpOptions = true,
        description = {"Let no worker claim until 'resume'", "What is claimed is finished; webhooks are still accepted."
        })
final class Pause implements Runnable {
    private final Terminal terminal;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            defaultValue = "by hand",
            description = "What 'status' says (default: ${DEFAULT-VALUE})")
    private String reason = "";

    @Mixin
    private JsonOption json = new JsonOption();

    Pause(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        terminal.withQueue(queue -> {
            queue.pause(reason);
            return reason;
        });
        json.print(terminal, Map.of("paused", true, "reason", reason), "paused: " + reason);
    }

    /** Lets it claim again. */
    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Let the workers claim again")
    static final class Resume implements Runnable {
        private final Terminal terminal;

        @Mixin
        private JsonOption json = new JsonOption();

        Resume(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public void run() {
            boolean was = terminal.withQueue(Resume::resume);
            json.print(
                    terminal,
                    Map.of("paused", false, "was", was),
                    was ? "resumed" : "the queue was not paused, nothing changed");
        }

        private static boolean resume(JobQueue queue) {
            boolean was = queue.paused().isPresent();
            queue.resume();
            return was;
        }
    }
}
