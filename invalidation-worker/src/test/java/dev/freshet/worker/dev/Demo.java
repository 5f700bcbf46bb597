package dev.freshet.worker.dev;

import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Story;
import java.util.List;
import java.util.Map;

/**
 * {@code freshet demo}: plays the story of a catalog on embedded services. Exits with 0 only if everything came as the
 * story tells it.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Demo {
    /**
     * Short, so that the second round of calls does not keep the audience waiting; and nothing is loaded ahead of the readers
     * whose first look the story tells of.
     */
    static final Map<String, String> SETTINGS = Map.of("CALLBACK_LONGEST_RENDER", "300ms", "WORKER_WARM_RATE", "0");

    private Demo() {}

    public static void main(String[] arguments) {
        System.setProperty("logback.configurationFile", "demo-logback.xml");
        Ending.isQuiet();
        try {
            System.exit(play(Story.read(Dev.catalog(arguments))) ? 0 : 1);
        } catch (CatalogException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private static boolean play(Story story) {
        if (story.scenes().isEmpty()) {
            throw new IllegalArgumentException("nothing happens in " + story.source()
                    + "; write scenes in a story.yaml beside it, see docs/stories.md, or run it by ./freshet dev");
        }
        System.out.println(
                "Starting Redis, PostgreSQL, the webhook service, a worker and the cached reads, all on this machine…");
        try (var stage = new Stage(story, Stage.Ports.FREE, List.of(), told -> {}, SETTINGS);
                var player = new Player(stage, Demo::say)) {
            return player.play().isEmpty();
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
