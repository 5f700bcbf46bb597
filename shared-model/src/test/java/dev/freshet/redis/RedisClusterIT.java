package dev.freshet.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.TestServices;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.SlotHash;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedisClusterIT {
    private final EmbeddedCluster cluster = EmbeddedCluster.shared();
    private final RedisServer server = new RedisServer("test", cluster.url(), Duration.ofSeconds(5));
    private final String prefix = TestServices.shared().newPrefix();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void eachKeyIsAskedOfItsOwnMaster() {
        assertThat(server.isCluster()).isTrue();
        assertThat(server.masters()).isEqualTo(3);
        assertThat(server.sessions()).extracting(RedisSession::runId).doesNotHaveDuplicates();
        for (var key : keys(30)) {
            assertThat(set(server, key)).isEqualTo("OK");
            assertThat(cluster.masterOf(key).commands().get(key)).isEqualTo("value");
        }
        assertThat(server.ping()).isPositive();
    }

    @Test
    void oneNodeWhateverItsRoleLeadsToAllMasters() {
        var replica = cluster.nodes().stream()
                .filter(node -> !cluster.masters().contains(node))
                .findFirst()
                .orElseThrow();
        var url = URI.create("redis://127.0.0.1:" + replica.port());
        try (var other = new RedisServer("other", url, Duration.ofSeconds(5))) {
            assertThat(other.masters()).isEqualTo(3);
            assertThat(keys(10)).allMatch(key -> set(other, key).equals("OK"));
        }
    }

    @Test
    void aSeedThatIsGoneIsPassedOver() {
        var url = URI.create("redis://127.0.0.1:1,127.0.0.1:2,127.0.0.1:"
                + cluster.nodes().getFirst().port());
        try (var other = new RedisServer("other", url, Duration.ofSeconds(5))) {
            assertThat(other.isConnected()).as("when it was made").isTrue();
        }
    }

    @Test
    void severalHostsThatAreNoClusterAreRefused() {
        var single = TestServices.shared().redisUrl();
        var host = single.getHost() + ":" + single.getPort();
        try (var other = new RedisServer("other", URI.create("redis://" + host + "," + host), Duration.ofSeconds(5))) {
            assertThatThrownBy(other::session).hasMessageContaining("it is no part of a Redis Cluster");
        }
    }

    @Test
    void aKeyThatMovedIsFollowed() {
        var key = prefix + "moved";
        int slot = SlotHash.getSlot(key);
        set(server, key);
        var from = cluster.masterOf(key);
        var before = server.session(key);
        cluster.migrateSlot(slot, cluster.otherThan(from));

        assertThat(get(key)).isEqualTo("value");
        assertThat(server.session(key)).isNotSameAs(before);
        cluster.migrateSlot(slot, from);
        assertThat(get(key)).isEqualTo("value");
        assertThat(server.session(key)).isSameAs(before);
    }

    @Test
    void keysBetweenTwoMastersAreAnOutageButCanBeRemoved() {
        var names = keys(6).stream().map(key -> "{" + prefix + "}" + key).toList();
        names.forEach(name -> set(server, name));
        int slot = SlotHash.getSlot(prefix);
        var from = cluster.masterOf(slot);
        var to = cluster.otherThan(from);
        cluster.beginMigration(slot, to);
        cluster.migrateKeys(from, to, names.subList(0, 3));

        assertThatThrownBy(() -> get(names.getFirst()))
                .isInstanceOf(RedisCommandExecutionException.class)
                .hasMessageStartingWith("ASK")
                .matches(RedisServer::isOutage);
        assertThat(server.await(server.unlink(names))).isEqualTo(6);
        assertThat(from.commands().clusterCountKeysInSlot(slot)).isZero();
        assertThat(to.commands().clusterCountKeysInSlot(slot)).isZero();

        cluster.endMigration(slot, to);
        assertThat(server.await(server.unlink(names))).isZero();
    }

    @Test
    void aScriptGoesToTheMasterOfItsFirstKey() {
        var script = Script.load(RedisClusterIT.class, "echo.lua");
        var runner = new ScriptRunner(server);
        for (var key : keys(10)) {
            Long answer =
                    runner.await(runner.run(script, ScriptOutputType.INTEGER, new String[] {key}, Script.argument(7)));
            assertThat(answer).isEqualTo(7);
        }
    }

    @Test
    void aMasterThatIsKilledIsFollowedByItsReplica() {
        var key = prefix + "key";
        var killed = cluster.masterOf(key);
        var before = server.session(key);
        cluster.kill(killed);
        await().until(() -> !server.isConnected());
        assertThatThrownBy(() -> server.session(key))
                .isInstanceOf(RedisException.class)
                .hasMessageContaining("redis test at 127.0.0.1:" + killed.port() + " is away");
        cluster.awaitFailover(killed);

        await().until(server::isConnected);
        assertThat(set(server, key)).isEqualTo("OK");
        assertThat(server.session(key).runId()).isNotEqualTo(before.runId());

        cluster.mend();
        assertThat(set(server, key)).as("it came back as a replica").isEqualTo("OK");
    }

    @Test
    void anOldMasterThatIsPromotedAgainBeginsAnotherReign() {
        var key = prefix + "key";
        var master = cluster.masterOf(key);
        var first = server.session(key).runId();
        cluster.promote(cluster.replicaOf(master));
        await().until(() -> connectedTo(key, first));
        var second = server.session(key).runId();
        cluster.promote(master);
        await().until(() -> connectedTo(key, second));

        assertThat(server.session(key).info("run_id").substring(0, 20)).isEqualTo(first.substring(0, 20));
        assertThat(server.session(key).runId()).isNotEqualTo(first);
    }

    private boolean connectedTo(String key, String otherThan) {
        try {
            set(server, key);
            return !server.session(key).runId().equals(otherThan);
        } catch (RedisException e) {
            return false;
        }
    }

    private String set(RedisServer server, String key) {
        var value = "value".getBytes(StandardCharsets.UTF_8);
        return server.await(server.send(key, session -> session.commands().set(key, value)));
    }

    private String get(String key) {
        byte[] value =
                server.await(server.send(key, session -> session.commands().get(key)));
        return new String(value, StandardCharsets.UTF_8);
    }

    private List<String> keys(int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }
}
