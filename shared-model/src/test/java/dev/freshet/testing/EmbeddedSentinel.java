package dev.freshet.testing;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A master with one replica, watched by three sentinels that promote the replica when the master is gone. */
public final class EmbeddedSentinel implements AutoCloseable {
    private static final String MASTER = "mymaster";
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final String password;
    private final List<RedisProcess> servers;
    private final List<RedisProcess> sentinels;

    private EmbeddedSentinel(String password, List<RedisProcess> servers, List<RedisProcess> sentinels) {
        this.password = password;
        this.servers = servers;
        this.sentinels = sentinels;
    }

    /** @param password of master and replica; the sentinels have none */
    public static EmbeddedSentinel start(String password) {
        var settings = List.of(
                "save \"\"",
                "requirepass " + password,
                "masterauth " + password,
                "repl-diskless-sync yes",
                "repl-diskless-sync-delay 0");
        var master = RedisProcess.server(RedisProcess.freePort(), settings).ready();
        var replica = RedisProcess.server(RedisProcess.freePort(), settings).ready();
        var watching = List.of(
                "sentinel monitor " + MASTER + " 127.0.0.1 " + master.port() + " 2",
                "sentinel auth-pass " + MASTER + " " + password,
                "sentinel down-after-milliseconds " + MASTER + " 1000",
                "sentinel failover-timeout " + MASTER + " 5000");
        ask(replica, password, commands -> commands.replicaof("127.0.0.1", master.port()));
        await().atMost(LONGEST) // sentinels look for replicas when they start, and then only every ten seconds
                .until(() -> ask(master, password, commands -> commands.info("replication"))
                        .contains("state=online"));
        var sentinels = IntStream.range(0, 3)
                .mapToObj(i ->
                        RedisProcess.sentinel(RedisProcess.freePort(), watching).ready())
                .toList();
        var all = new EmbeddedSentinel(password, List.of(master, replica), sentinels);
        await().atMost(LONGEST).until(all::isWatched);
        return all;
    }

    public URI url() {
        return url(password);
    }

    /** With a password that may be wrong. */
    public URI url(String password) {
        var hosts = sentinels.stream()
                .map(sentinel -> "127.0.0.1:" + sentinel.port())
                .collect(Collectors.joining(","));
        return URI.create("redis-sentinel://:" + password + "@" + hosts + "/0#" + MASTER);
    }

    /** SIGKILL to the master. */
    public void killMaster() {
        servers.stream().filter(this::isMaster).findFirst().orElseThrow().kill();
    }

    /** Has the sentinels promote the replica while the master lives on as its replica. */
    public void switchOver() {
        try (var client = RedisClient.create();
                var connection = client.connectSentinel(
                        RedisURI.create("127.0.0.1", sentinels.getFirst().port()))) {
            connection.sync().failover(MASTER);
        }
    }

    @Override
    public void close() {
        sentinels.forEach(RedisProcess::close);
        servers.forEach(RedisProcess::close);
    }

    private boolean isMaster(RedisProcess server) {
        return server.isRunning()
                && ask(server, password, commands -> commands.info("replication"))
                        .contains("role:master");
    }

    /** Whether each sentinel knows the replica and both other sentinels, without which none may promote. */
    private boolean isWatched() {
        return sentinels.stream().allMatch(this::knowsAll);
    }

    private boolean knowsAll(RedisProcess sentinel) {
        try (var client = RedisClient.create();
                var connection = client.connectSentinel(RedisURI.create("127.0.0.1", sentinel.port()))) {
            var known = connection.sync().master(MASTER);
            return "1".equals(known.get("num-slaves")) && "2".equals(known.get("num-other-sentinels"));
        } catch (RedisException e) {
            return false;
        }
    }

    private static String ask(
            RedisProcess server, String password, Function<RedisCommands<String, String>, String> question) {
        var uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(server.port())
                .withPassword(password.toCharArray())
                .build();
        try (var client = RedisClient.create(uri);
                var connection = client.connect()) {
            return question.apply(connection.sync());
        }
    }
}
