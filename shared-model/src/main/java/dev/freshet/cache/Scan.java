package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.List;
import java.util.stream.Stream;

/**
 * Walks the names in every process that holds keys, some hundreds at a time, as Redis recommends: never all at once. A
 * name that was there all the time comes at least once.
 */
final class Scan {
    private static final int CHUNK = 500;

    private final RedisServer server;

    Scan(RedisServer server) {
        this.server = server;
    }

    /** The pages are asked for as they are taken. */
    Stream<Page> pages(String pattern) {
        var args = ScanArgs.Builder.limit(CHUNK).match(pattern);
        return server.sessions().stream()
                .flatMap(session -> Stream.iterate(
                        next(session, ScanCursor.INITIAL, args),
                        page -> !page.isEnd(),
                        page -> page.cursor().isFinished()
                                ? new Page(session, page.cursor(), List.of(), true)
                                : next(session, page.cursor(), args)));
    }

    private Page next(RedisSession session, ScanCursor cursor, ScanArgs args) {
        var found = server.await(session.commands().scan(cursor, args));
        return new Page(session, found, found.getKeys(), false);
    }

    /**
     * Names that one process holds.
     *
     * @param isEnd whether it stands behind the last page, and holds nothing
     */
    record Page(RedisSession session, ScanCursor cursor, List<String> names, boolean isEnd) {}
}
