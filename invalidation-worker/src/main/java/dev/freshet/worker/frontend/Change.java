package dev.freshet.worker.frontend;

import dev.freshet.model.Tag;
import java.time.Instant;
import java.util.Optional;

/**
 * A tag or a path that is old now.
 *
 * @param member its name in what instances are owed
 * @param received when the delivery came that made it old, the earliest one if there are several
 * @param version what the page must carry at least to be fresh; empty when nobody can tell
 */
public record Change(String member, Instant received, Optional<Version> version) {
    static final String TAG = "t:";
    static final String PATH = "p:";
    /** Every page there is. */
    static final String EVERYTHING = "e:";

    public static Change of(Tag tag, Instant received) {
        return new Change(TAG + TagEncoding.encode(tag.name()), received, Optional.empty());
    }

    /** All pages there are. */
    public static Change ofEverything(Instant received) {
        return new Change(EVERYTHING, received, Optional.empty());
    }

    /** @param path as browsers ask for it, such as {@code /dashboard/3} */
    public static Change of(String path, Instant received, Optional<Version> version) {
        return new Change(PATH + path, received, version);
    }
}
