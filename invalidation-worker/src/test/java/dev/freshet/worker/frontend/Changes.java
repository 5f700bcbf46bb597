package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Changes of a delivery that came at {@link #RECEIVED}, and instances that owe nothing yet. */
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

    /** All instances of the catalog's lists are there and were told everything long ago. */
    public static void settle(Owed owed, RedisServer server, String prefix, Collection<FrontEnd> frontEnds) {
        var keys = new OwedKeys(prefix);
        for (var frontEnd : frontEnds) {
            var instances = new Instances(frontEnd, InetAddress::getAllByName).look();
            owed.join(frontEnd.name(), instances);
            for (var instance : instances) {
                server.await(server.session(keys.numbers(frontEnd.name()))
                        .commands()
                        .del(
                                keys.numbers(frontEnd.name()),
                                keys.owed(frontEnd.name(), instance.name()),
                                keys.counters(frontEnd.name(), instance.name())));
                var state = keys.state(frontEnd.name(), instance.name());
                var session = server.session(state);
                server.await(
                        session.commands().hset(state, "reign", session.runId().getBytes(StandardCharsets.UTF_8)));
            }
        }
    }
}
