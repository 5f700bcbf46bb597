package dev.freshet.worker.cli;

import dev.freshet.queue.DeadFilter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which dead letters are meant, as options that every command has alike. */
final class DlqFilter {
    @Option(names = "--site", paramLabel = "NAME", description = "Sent by this site")
    private Optional<String> site = Optional.empty();

    @Option(names = "--topic", paramLabel = "TOPIC", description = "About this topic")
    private Optional<String> topic = Optional.empty();

    @Option(names = "--error", paramLabel = "TEXT", description = "With this text in the last error")
    private Optional<String> error = Optional.empty();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = PointInTime.class,
            description = "Dead since then or later, " + PointInTime.FORMS)
    private Optional<Instant> since = Optional.empty();

    @Option(
            names = "--older-than",
            paramLabel = "TIME",
            converter = PointInTime.class,
            description = "Dead for longer than that, " + PointInTime.FORMS)
    private Optional<Instant> before = Optional.empty();

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "With this id, in which * stands for any text; may be given several times")
    private List<String> ids = new ArrayList<>();

    DeadFilter filter() {
        return new DeadFilter(site, topic, error, since, before, ids);
    }
}
