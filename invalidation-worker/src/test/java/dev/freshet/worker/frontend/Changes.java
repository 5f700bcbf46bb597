package dev.freshet.worker.frontend;

import dev.freshet.model.Tag;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Changes of a delivery that came at {@link #RECEIVED}. */
public final class Changes {
    static final Instant RECEIVED = Instant.ofEpochMilli(1_700_000_000_000L);
    /** What stands behind the number of a change without a version. */
    static final String REST = " 1700000000000 ";

    private Changes() {}

    public static List<Change> of(List<Tag> tags, List<String> paths) {
        return Stream.concat(
                        tags.stream().map(tag -> Change.of(tag, RECEIVED)),
                        paths.stream().map(path -> Change.of(path, RECEIVED, Optional.empty())))
                .toList();
    }
}
