package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.util.Collection;
import java.util.List;

/**
 * One key that a reader asks for, and everything the cache must know to store it.
 *
 * @param name what statistics count it under, such as the view's name; empty for not at all
 * @param key its name in the cache, the same for all readers of this value
 * @param tags what invalidates it, known before it is read; kept sorted and without doubles
 * @param lifetime how long it serves
 * @param origin what a re-warm loads it again from; opaque to the cache
 * @param gzip whether it is stored compressed where it is large
 */
public record Request(String name, String key, List<Tag> tags, Lifetime lifetime, String origin, boolean gzip) {
    public Request {
        tags = sorted(tags);
    }

    /** Stored compressed where it is large. */
    public Request(String name, String key, List<Tag> tags, Lifetime lifetime, String origin) {
        this(name, key, tags, lifetime, origin, true);
    }

    static List<Tag> sorted(Collection<Tag> tags) {
        return tags.stream().distinct().sorted().toList();
    }
}
