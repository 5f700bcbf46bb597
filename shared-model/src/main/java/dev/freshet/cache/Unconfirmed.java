package dev.freshet.cache;

import dev.freshet.model.Tag;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was to be removed while Redis was away, and is removed as soon as it is back. It is worse to lose one of these
 * than to clear the whole cache, which is done when they become too many to remember.
 */
final class Unconfirmed {
    private static final Logger log = LoggerFactory.getLogger(Unconfirmed.class);
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int MAX = 10_000;

    private final TagCache cache;
    private final Set<Tag> tags = new HashSet<>();
    private final Set<String> keys = new HashSet<>();
    private boolean everything;
    private boolean trying;
    private volatile boolean empty = true;

    Unconfirmed(TagCache cache) {
        this.cache = cache;
    }

    boolean isEmpty() {
        return empty;
    }

    /** @return false when it is yet to be done */
    boolean remove(Collection<Tag> moreTags, Collection<String> moreKeys) {
        try {
            cache.invalidate(moreTags);
            moreKeys.forEach(cache::delete);
            return true;
        } catch (RedisException e) {
            log.warn("removal put off tags={} keys={} cause={}", moreTags.size(), moreKeys.size(), e.getMessage());
            add(moreTags, moreKeys);
            return false;
        }
    }

    private synchronized void add(Collection<Tag> moreTags, Collection<String> moreKeys) {
        tags.addAll(moreTags);
        keys.addAll(moreKeys);
        if (tags.size() + keys.size() > MAX) {
            everything = true;
            tags.clear();
            keys.clear();
        }
        empty = false;
        if (!trying) {
            trying = true;
            Thread.ofVirtual().name("cache-removals").start(this::settle);
        }
    }

    private void settle() {
        while (!tryOnce()) {
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** @return whether nothing is left */
    private boolean tryOnce() {
        List<Tag> someTags;
        List<String> someKeys;
        boolean all;
        synchronized (this) { // taken out first: what is added again meanwhile must be removed again
            someTags = List.copyOf(tags);
            someKeys = List.copyOf(keys);
            all = everything;
            tags.clear();
            keys.clear();
            everything = false;
        }
        try {
            if (all) {
                cache.clear();
            }
            cache.invalidate(someTags);
            someKeys.forEach(cache::delete);
        } catch (RuntimeException e) {
            add(someTags, someKeys);
            synchronized (this) {
                everything |= all;
            }
            return false;
        }
        log.info("removals made up for tags={} keys={} everything={}", someTags.size(), someKeys.size(), all);
        return isDone();
    }

    private synchronized boolean isDone() {
        empty = tags.isEmpty() && keys.isEmpty() && !everything;
        trying = !empty;
        return empty;
    }
}
