package dev.freshet.worker.view;

import dev.freshet.cache.Cached;
import dev.freshet.cache.Cached.Outcome;
import dev.freshet.catalog.View;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells browsers and shared caches how long they may keep an answer (RFC 9111). Whoever keeps one must ask each time
 * whether it still holds, since nobody could call it back; but a view may allow shared caches, which can be told to purge
 * by tag, to serve it for a while without asking. It is worse to have something old kept there than nothing.
 */
final class Keeping {
    private static final Logger log = LoggerFactory.getLogger(Keeping.class);

    private final Set<String> toldOf = ConcurrentHashMap.newKeySet();

    /**
     * @param isCurrent whether no invalidation came before this answer, as far as the cache knows
     * @param age of the value
     */
    void describe(Context ctx, View view, Map<String, String> values, boolean isCurrent, Duration age) {
        if (!view.access().isOpen()) {
            ctx.header("Cache-Control", "private, no-cache").header("Vary", "Accept-Encoding, Authorization");
            age(ctx, age);
            return;
        }
        var tags = CdnTags.of(view.tags(values));
        tags.ifPresent(
                named -> ctx.header("Cache-Tag", named.cacheTag()).header("Surrogate-Key", named.surrogateKey()));
        ctx.header("Vary", "Accept-Encoding");
        var cdn = view.access().cdn();
        if (!cdn.isPositive() || !isCurrent) {
            ctx.header("Cache-Control", "no-cache");
            age(ctx, age);
        } else if (tags.isEmpty()) {
            ctx.header("Cache-Control", "no-cache");
            age(ctx, age);
            tellOnce(view);
        } else {
            // not no-cache, which would win over s-maxage; and no Age, which would be taken off it
            ctx.header("Cache-Control", "max-age=0, must-revalidate, s-maxage=" + cdn.toSeconds());
        }
    }

    /** Else an invalidation, and the purge that came with it, may have come before this answer does. */
    static boolean isCurrent(Cached cached) {
        return cached.shared() && cached.outcome() != Outcome.STALE;
    }

    private static void age(Context ctx, Duration age) {
        ctx.header("Age", String.valueOf(Math.max(0, age.toSeconds())));
    }

    private void tellOnce(View view) {
        if (toldOf.add(view.name())) {
            log.warn(
                    "not for shared caches view={} cause=its tags take more than {} characters in a header",
                    view.name(),
                    CdnTags.MAX_LENGTH);
        }
    }
}
