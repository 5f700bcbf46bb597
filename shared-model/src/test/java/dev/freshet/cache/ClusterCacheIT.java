package dev.freshet.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The cache on three masters, of which slots and even the masters themselves go. */
class ClusterCacheIT {
    private static final int BUCKETS = 128;
    private static final Tag COHORT = new Tag("cohort:4");
    private static final List<Tag> TAGS = List.of(COHORT, new Tag("enrollments"));

    private final EmbeddedCluster cluster = EmbeddedCluster.shared();
    private final RedisServer server = new RedisServer("cache", cluster.url(), Duration.ofSeconds(5));
    private final CacheOptions options =
            CacheOptions.defaults(TestServices.shared().newPrefix());
    private final CacheKeys keys = new CacheKeys(options.prefix(), BUCKETS);
    private final TagCache cache = new TagCache(server, options);

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void everyBucketIsFilledReadSweptAndInvalidated() {
        var byBucket = new HashMap<Integer, String>();
        for (int i = 0; byBucket.size() < BUCKETS; i++) {
            byBucket.putIfAbsent(keys.bucketOf("k" + i), "k" + i);
        }
        var names = List.copyOf(byBucket.values());
        assertThat(names.stream()
                        .map(name -> cluster.masterOf(keys.entry(name)))
                        .distinct())
                .hasSize(3);
        names.forEach(name -> assertThat(fill(name, name)).isTrue());
        assertThat(names).allMatch(name -> read(name).equals(Optional.of(name)));

        cache.invalidate(List.of(COHORT));

        assertThat(names).allMatch(name -> read(name).isEmpty());
        assertThat(cache.inUse(List.of(COHORT, new Tag("unknown")))).containsExactly(COHORT);
        assertThat(cache.sweep(List.of(COHORT))).extracting(Hot::key).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void anInvalidationCompletesWhileItsSlotIsOnItsWayAndNothingOldComesBackWithIt() {
        fill("k", "old");
        int slot = SlotHash.getSlot(keys.entry("k"));
        var from = cluster.masterOf(slot);
        var to = cluster.otherThan(from);
        cluster.beginMigration(slot, to);
        cluster.migrateKeys(from, to, List.of(keys.entry("k"), keys.epoch(keys.bucketOf("k"), COHORT)));
        assertThatThrownBy(() -> read("k")).as("some here, some there").matches(RedisServer::isOutage);
        assertThatThrownBy(() -> cache.begin("k", TAGS)).matches(RedisServer::isOutage);

        cache.invalidate(List.of(COHORT));

        cluster.endMigration(slot, to);
        assertThat(read("k")).isEmpty();
        cluster.migrateSlot(slot, from);
        assertThat(read("k")).as("beside its own run id again").isEmpty();
        assertThat(exists("k")).as("the old value itself").isTrue();
        assertThat(fill("k", "new")).isTrue();
        assertThat(read("k")).contains("new");
    }

    @Test
    void whatAnotherMasterStoredIsDeadAndALoadOverAMoveIsRefused() {
        fill("k", "value");
        var begun = cache.begin("in flight", TAGS).orElseThrow();
        int slot = SlotHash.getSlot(keys.entry("k"));
        int other = SlotHash.getSlot(keys.entry("in flight"));
        var from = cluster.masterOf(slot);
        var otherFrom = cluster.masterOf(other);
        cluster.migrateSlot(slot, cluster.otherThan(from));
        if (other != slot) {
            cluster.migrateSlot(other, cluster.otherThan(otherFrom));
        }
        assertThat(read("k")).as("moved is followed").isEmpty();
        assertThat(exists("k")).isTrue();
        assertThat(fill(begun, "old")).isFalse();
        assertThat(fill("k", "new")).isTrue();
        assertThat(read("k")).contains("new");
    }

    @Test
    void afterAFailoverNothingFromBeforeIsReadAndAllWorksAgain() {
        fill("k", "value");
        var name = keys.entry("k");
        var begun = cache.begin("k", TAGS).orElseThrow();
        var killed = cluster.masterOf(name);
        killed.commands().waitForReplication(1, 5_000);
        cluster.kill(killed);
        await().until(() -> isAway("k"));
        assertThatThrownBy(() -> cache.invalidate(TAGS)).matches(RedisServer::isOutage);
        cluster.awaitFailover(killed);
        await().until(server::isConnected);

        assertThat(exists("k")).as("the replica had it").isTrue();
        assertThat(read("k")).isEmpty();
        assertThat(fill(begun, "old")).isFalse();
        assertThat(fill("k", "new")).isTrue();
        assertThat(read("k")).contains("new");
        cache.invalidate(TAGS);
        assertThat(read("k")).isEmpty();
        cluster.mend();
    }

    @Test
    void aPatternReachesAMasterThatThisProcessHasNotHeardOf() {
        var old = cluster.masterOf(keys.entry("k"));
        old.commands().configSet("masterauth", "wrong"); // it will not hear what its successor stores
        try {
            var successor = cluster.replicaOf(old);
            successor.commands().clusterFailover(false);
            await().until(() -> cluster.masterOf(keys.entry("k")).equals(successor));
            try (var fresh = new RedisServer("fresh", cluster.url(), Duration.ofSeconds(5))) {
                var elsewhere = new TagCache(fresh, options);
                await().ignoreExceptions().until(() -> elsewhere.set(request("k"), new byte[] {1}));
                assertThat(elsewhere.read("k", TAGS)).isPresent();
                cache.deletePattern("k*");
                assertThat(elsewhere.read("k", TAGS)).isEmpty();
            }
        } finally {
            old.commands().configSet("masterauth", "");
            cluster.mend();
        }
    }

    private static Request request(String key) {
        return new Request("", key, TAGS, Lifetime.of(Duration.ofMinutes(5)), "");
    }

    private boolean isAway(String key) {
        try {
            read(key);
            return false;
        } catch (RedisException e) {
            return true;
        }
    }

    private boolean exists(String key) {
        var name = keys.entry(key);
        return server.await(server.send(name, session -> session.commands().exists(name))) == 1;
    }

    private Optional<String> read(String key) {
        return cache.read(key, TAGS).map(entry -> new String(entry.content(), StandardCharsets.UTF_8));
    }

    private boolean fill(String key, String value) {
        return fill(cache.begin(key, TAGS).orElseThrow(), value);
    }

    private boolean fill(Fill begun, String value) {
        var content = value.getBytes(StandardCharsets.UTF_8);
        return cache.fill(begun, content, Lifetime.of(Duration.ofMinutes(5)), "", begun.begunAt());
    }
}
