package dev.freshet.testing;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.KillArgs;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A Redis Cluster of three masters with one replica each: six processes of the embedded binary, joined as by hand. */
public final class EmbeddedCluster implements AutoCloseable {
    private static final int MASTERS = 3;
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final List<String> SETTINGS = List.of(
            "save \"\"",
            "cluster-enabled yes",
            "cluster-node-timeout 1000",
            "cluster-replica-validity-factor 0",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0");

    private static final class Shared {
        static final EmbeddedCluster INSTANCE = start();
    }

    /** One process of the cluster, whatever its role is now. */
    public static final class Node {
        private final RedisProcess process;
        private final RedisClient client;
        private RedisCommands<String, String> commands;
        private final String id;

        private Node(RedisProcess process) {
            this.process = process;
            var uri = RedisURI.create("127.0.0.1", process.port());
            client = RedisClient.create(uri);
            commands = client.connect().sync();
            id = commands.clusterMyId();
        }

        public int port() {
            return process.port();
        }

        /** The node's own name in the cluster. */
        public String id() {
            return id;
        }

        /** Commands as an administrator sends them, over a connection of its own. */
        public RedisCommands<String, String> commands() {
            return commands;
        }

        public boolean isRunning() {
            return process.isRunning();
        }

        private boolean isMaster() {
            return isRunning() && commands.info("replication").contains("role:master");
        }

        private void close() {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            process.close();
        }
    }

    private final List<Node> nodes;

    private EmbeddedCluster(List<Node> nodes) {
        this.nodes = nodes;
    }

    /** The cluster that the tests of one JVM share; whoever breaks it mends it ({@link #mend}). */
    public static EmbeddedCluster shared() {
        return Shared.INSTANCE;
    }

    /** A cluster of one's own, ready when this returns. */
    public static EmbeddedCluster start(String... settings) {
        var lines = new ArrayList<>(SETTINGS);
        lines.addAll(List.of(settings));
        var processes = IntStream.range(0, 2 * MASTERS)
                .mapToObj(i -> RedisProcess.server(RedisProcess.freePort(), lines))
                .toList();
        var cluster = new EmbeddedCluster(
                processes.stream().map(RedisProcess::ready).map(Node::new).toList());
        cluster.join();
        return cluster;
    }

    /** Three seeds, as a process is given them. */
    public URI url() {
        return URI.create("redis://"
                + nodes.stream()
                        .limit(MASTERS)
                        .map(node -> "127.0.0.1:" + node.port())
                        .collect(Collectors.joining(",")));
    }

    public List<Node> nodes() {
        return nodes;
    }

    /** The masters that run. */
    public List<Node> masters() {
        return nodes.stream().filter(Node::isMaster).toList();
    }

    /** Who serves a slot, as a majority of the running nodes sees it. */
    public Node masterOf(int slot) {
        var owners = nodes.stream()
                .filter(Node::isRunning)
                .map(node -> owner(node, slot))
                .filter(id -> !id.isEmpty())
                .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
        var owner = owners.entrySet().stream()
                .max(java.util.Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
        return nodes.stream()
                .filter(node -> node.id().equals(owner))
                .findFirst()
                .orElseThrow();
    }

    public Node masterOf(String key) {
        return masterOf(SlotHash.getSlot(key));
    }

    /** A master other than this one. */
    public Node otherThan(Node master) {
        return masters().stream().filter(node -> node != master).findFirst().orElseThrow();
    }

    public Node replicaOf(Node master) {
        return nodes.stream()
                .filter(Node::isRunning)
                .filter(node -> node.commands().info("replication").contains("master_port:" + master.port()))
                .findFirst()
                .orElseThrow();
    }

    /** Makes a replica the master that its master was, with nothing lost, and waits until all know. */
    public void promote(Node replica) {
        await().atMost(LONGEST)
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(() -> {
                    if (!replica.isMaster()) {
                        replica.commands()
                                .clusterFailover(false); // given up by the nodes themselves when it takes too long
                    }
                    return replica.isMaster();
                });
        awaitWhole();
    }

    /** SIGKILL: nothing is handed over, nobody is told. */
    public void kill(Node node) {
        node.process.kill();
    }

    /** Waits until a replica serves what this master served, and all agree. */
    public void awaitFailover(Node killed) {
        await().atMost(LONGEST)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> masters().size() == MASTERS && isWhole());
        if (killed.isRunning()) {
            throw new IllegalStateException("the master at " + killed.port() + " still runs");
        }
    }

    /** Starts whatever was killed, and waits until each master has its replica again. */
    public void mend() {
        nodes.stream().filter(node -> !node.isRunning()).forEach(node -> node.process.restart());
        awaitWhole();
    }

    /** From now on the slot is on its way: keys go over one by one, new ones are made at its future master. */
    public void beginMigration(int slot, Node to) {
        var from = masterOf(slot);
        to.commands().clusterSetSlotImporting(slot, from.id());
        from.commands().clusterSetSlotMigrating(slot, to.id());
    }

    /** Moves these keys of a slot that is on its way. */
    public void migrateKeys(Node from, Node to, List<String> keys) {
        if (!keys.isEmpty()) {
            from.commands()
                    .migrate(
                            "127.0.0.1",
                            to.port(),
                            0,
                            5_000,
                            MigrateArgs.Builder.keys(keys).replace());
        }
    }

    /** Moves the keys that are left and gives the slot to its new master. */
    public void endMigration(int slot, Node to) {
        var from = masterOf(slot);
        for (var keys = left(from, slot); !keys.isEmpty(); keys = left(from, slot)) {
            migrateKeys(from, to, keys);
        }
        to.commands().clusterSetSlotNode(slot, to.id());
        from.commands().clusterSetSlotNode(slot, to.id());
        masters().forEach(node -> node.commands().clusterSetSlotNode(slot, to.id()));
    }

    public void migrateSlot(int slot, Node to) {
        beginMigration(slot, to);
        endMigration(slot, to);
    }

    /** Ends all connections of clients at a node, as a proxy or an administrator may. */
    public void endConnections(Node node) {
        node.commands().clientKill(KillArgs.Builder.typeNormal().skipme(true));
    }

    @Override
    public void close() {
        nodes.forEach(Node::close);
    }

    private static List<String> left(Node node, int slot) {
        return node.commands().clusterGetKeysInSlot(slot, 100);
    }

    private void join() {
        for (int i = 0; i < MASTERS; i++) {
            int first = i * SlotHash.SLOT_COUNT / MASTERS;
            int end = (i + 1) * SlotHash.SLOT_COUNT / MASTERS;
            var commands = nodes.get(i).commands();
            commands.clusterSetConfigEpoch(i + 1L);
            commands.clusterAddSlots(IntStream.range(first, end).toArray());
        }
        for (var node : nodes) {
            nodes.getFirst().commands().clusterMeet("127.0.0.1", node.port());
        }
        await().atMost(LONGEST)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> nodes.stream().allMatch(this::knowsAll));
        for (int i = 0; i < MASTERS; i++) {
            nodes.get(MASTERS + i).commands().clusterReplicate(nodes.get(i).id());
        }
        awaitWhole();
    }

    private void awaitWhole() {
        await().atMost(LONGEST)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> isWhole() && masters().size() == MASTERS && replicasFollow());
    }

    private boolean knowsAll(Node node) {
        return node.commands()
                        .clusterNodes()
                        .lines()
                        .filter(line -> !line.contains("handshake"))
                        .count()
                == nodes.size();
    }

    private boolean isWhole() {
        return nodes.stream()
                .filter(Node::isRunning)
                .allMatch(node -> node.commands().clusterInfo().contains("cluster_state:ok"));
    }

    private boolean replicasFollow() {
        return nodes.stream()
                        .map(node -> node.commands().info("replication"))
                        .filter(info -> info.contains("master_link_status:up"))
                        .count()
                == nodes.size() - MASTERS;
    }

    private static String owner(Node node, int slot) {
        try {
            return node.commands().clusterSlots().stream()
                    .map(range -> (List<?>) range)
                    .filter(range -> (Long) range.get(0) <= slot && slot <= (Long) range.get(1))
                    .map(range -> (List<?>) range.get(2))
                    .map(master -> (String) master.get(2))
                    .findFirst()
                    .orElse("");
        } catch (RedisException e) {
            return "";
        }
    }
}
