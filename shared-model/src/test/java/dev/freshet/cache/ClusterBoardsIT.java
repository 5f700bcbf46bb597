package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Boards on three masters, of which slots and even the masters themselves go. */
class ClusterBoardsIT {
    private static final List<Tag> TAGS = List.of(new Tag("board"));
    private static final Lifetime LIFETIME = Lifetime.of(Duration.ofMinutes(10));

    private final EmbeddedCluster cluster = EmbeddedCluster.shared();
    private final RedisServer server = new RedisServer("cache", cluster.url(), Duration.ofSeconds(5));
    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheKeys keys = new CacheKeys(options.prefix(), 128);
    private final Boards boards = new Boards(new TagCache(server, options));
    private final Table table = new Table().with("ada", 1).with("bob", 2);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void boardsLieOnAllMastersEachWithAllItsKeysInOneSlot() {
        var names = IntStream.range(0, 60).mapToObj(i -> "k" + i).toList();
        assertThat(names.stream()
                        .map(name -> cluster.masterOf(keys.entry(name)))
                        .distinct())
                .hasSize(3);
        names.forEach(name -> assertThat(best(name)).isEqualTo("bob=2.0"));
        table.with("ada", 3);
        var marks = new HashMap<String, List<String>>();
        names.forEach(name -> marks.put(name, List.of("ada")));
        boards.mark(marks);
        names.forEach(name -> assertThat(best(name)).isEqualTo("ada=3.0"));
        assertThat(table.builds).hasValue(60);
        assertThat(table.patches).hasValue(60);
    }

    @Test
    void aMarkIsMadeWhileItsSlotIsOnItsWayAndNothingOldComesBackWithIt() {
        best("k");
        int slot = SlotHash.getSlot(keys.entry("k"));
        var from = cluster.masterOf(slot);
        var to = cluster.otherThan(from);
        cluster.beginMigration(slot, to);
        cluster.migrateKeys(from, to, List.of(keys.entry("k"), keys.marks("k")));
        table.with("ada", 3);

        boards.mark(Map.of("k", List.of("ada")));

        assertThatThrownBy(() -> best("k")).as("some here, some there").matches(RedisServer::isOutage);
        cluster.endMigration(slot, to);
        cluster.migrateSlot(slot, from);
        assertThat(best("k")).as("beside its own run id again").isEqualTo("ada=3.0");
    }

    @Test
    void afterAFailoverNothingFromBeforeIsRead() {
        best("k");
        table.with("ada", 3);
        boards.mark(Map.of("k", List.of("ada")));
        best("k");
        var killed = cluster.masterOf(keys.entry("k"));
        killed.commands().waitForReplication(1, 5_000);
        cluster.kill(killed);
        cluster.awaitFailover(killed);
        await().until(server::isConnected);
        table.scores.remove("ada"); // which nobody can have been told of

        assertThat(best("k")).isEqualTo("bob=2.0");

        table.with("ada", 4);
        boards.mark(Map.of("k", List.of("ada")));
        assertThat(best("k")).isEqualTo("ada=4.0");
        cluster.mend();
    }

    private String best(String key) {
        var request = new Request("board", key, TAGS, LIFETIME, "");
        var row = boards.read(request, 100, new BoardRange.Top(1), table).rows().getFirst();
        return row.member() + "=" + row.score();
    }
}
