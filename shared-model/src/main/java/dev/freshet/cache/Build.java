package dev.freshet.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the entry of a board holds: where its rows lie, and by which right they are read. The entry itself says, by its
 * epochs and run id, whether the board as a whole is current.
 *
 * @param id new for each build, and part of the names of its rows
 * @param runId the Redis process that the marks were looked up in
 * @param marks the name of these marks; others would know nothing of what was marked since
 * @param since the number of the first mark whose change the build may not have seen
 * @param most how many places the board has
 * @param floor the last row that was loaded where there are more; null when all are there
 */
record Build(
        String id,
        String runId,
        String marks,
        String since,
        int most,
        @Nullable BoardRow floor) {
    private static final JsonMapper JSON = new JsonMapper();

    /** @return empty for what is no build, as of another version of the program */
    static Optional<Build> decode(byte[] content) {
        try {
            return Optional.of(JSON.readValue(content, Build.class))
                    .filter(build -> build.id != null && build.runId != null && build.marks != null);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    byte[] encode() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("text and numbers always become JSON", e);
        }
    }

    /** Rows that are loaded at once: some to spare, so that who leaves the board need not make it too short at once. */
    static int limit(int most) {
        return most + most / 10;
    }

    /** Below this many rows nobody can say who comes next. */
    int least() {
        return floor == null ? 0 : most;
    }

    /** Whether a row surely comes before all those that are not here. */
    boolean reaches(BoardRow row) {
        return floor == null || row.compareTo(floor) <= 0;
    }
}
