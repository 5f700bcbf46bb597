package dev.freshet.benchmarks.tools;

import dev.freshet.testing.EmbeddedRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How benchmarks run, as it was asked for behind their names.
 *
 * @param fsync when the AOF of their Redis is written to disk: {@code always}, {@code everysec} or {@code no}
 * @param isProfiled whether a profile of each is recorded
 * @param isSaved whether what came out is to be committed: ratios in {@code reference.json}, curves in the documentation
 */
public record Mode(String fsync, boolean isProfiled, boolean isSaved) {
    private static final Set<String> FSYNC = Set.of("always", "everysec", "no");

    private static volatile Mode current = new Mode("everysec", false, false);

    /** That of this run. */
    public static Mode current() {
        return current;
    }

    /**
     * Takes what it knows from the arguments, for the whole run.
     *
     * @return the others
     * @throws BrokenOffException when there is no such value
     */
    public static List<String> take(List<String> arguments) {
        var others = new ArrayList<>(arguments);
        boolean isProfiled = others.remove("--profile");
        boolean isSaved = others.remove("--save");
        var fsync = "everysec";
        int at = others.indexOf("--fsync");
        if (at >= 0) {
            others.remove(at);
            fsync = at < others.size() ? others.remove(at).toLowerCase(Locale.ROOT) : "";
            if (!FSYNC.contains(fsync)) {
                throw new BrokenOffException("--fsync takes always, everysec or no");
            }
        }
        current = new Mode(fsync, isProfiled, isSaved);
        return others;
    }

    /** A queue's Redis as this run wants it, on a free port. */
    public EmbeddedRedis redis(String... more) {
        var settings =
                new ArrayList<>(List.of("appendonly yes", "appendfsync " + fsync, "maxmemory-policy noeviction"));
        settings.addAll(List.of(more));
        return EmbeddedRedis.start(0, settings.toArray(String[]::new));
    }

    /** Freshet's own folder. */
    public static Path home() {
        return Path.of(System.getProperty("freshet.home", "."));
    }

    /** Where logs, profiles and results of benchmarks go. */
    public static Path folder() {
        return home().resolve("invalidation-worker/target/benchmarks");
    }
}
