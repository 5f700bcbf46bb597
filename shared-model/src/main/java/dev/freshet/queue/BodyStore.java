package dev.freshet.queue;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the bodies of dead letters stand that are too much for Redis. A body is known by its bytes' digest too, so that
 * writing one never takes another's place. Calls throw an unchecked exception when the store is away.
 */
public interface BodyStore {
    /**
     * @param id of the letter's job
     * @param digest of the body: SHA-256, hexadecimal
     */
    record Key(String id, String digest) {}

    /** Writes bodies down. When it returns, they are safe there. */
    void keep(Map<Key, byte[]> bodies);

    /** Those that are there. */
    Map<Key, byte[]> read(Collection<Key> keys);

    void delete(Collection<Key> keys);

    /** @return at most so many keys in their order, from the first one after {@code after} on */
    List<Key> keys(Optional<Key> after, int most);

    /**
     * Notes which bodies letters need yet, and deletes those that none has needed for a week.
     *
     * @return how many were deleted
     */
    int sweep(Collection<Key> needed, Collection<Key> unneeded);
}
