package dev.freshet.cache;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.SlotHash;
import java.net.URI;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Where a stress takes place, and what goes wrong there beside keys that get lost. */
interface Surroundings extends AutoCloseable {
    URI url();

    default int buckets() {
        return 1;
    }

    /** How many rows are cached. */
    default int rows() {
        return 60;
    }

    /** How many bytes a value has beside its version. */
    default int padding() {
        return 0;
    }

    /** Does its worst, once; called again and again. */
    default void strike(RedisServer server, Random random) {}

    /** What it did, in words; empty while it did nothing. */
    default String toll() {
        return "nothing else";
    }

    @Override
    void close();

    /** The kinds there are. */
    enum Kind {
        PLAIN(Plain::new),
        FULL_MEMORY(FullMemory::new),
        KILLED(Killed::new),
        CLUSTER(Cluster::new);

        @SuppressWarnings("ImmutableEnumChecker") // a constructor
        private final Supplier<Surroundings> making;

        Kind(Supplier<Surroundings> making) {
            this.making = making;
        }

        Surroundings make() {
            return making.get();
        }

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    /** One Redis that does its work. */
    final class Plain implements Surroundings {
        private final EmbeddedRedis process = EmbeddedRedis.start(0, "appendonly no");

        @Override
        public URI url() {
            return process.url();
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** One Redis that holds a part of what is cached and evicts whatever was not asked for lately, epochs too. */
    final class FullMemory implements Surroundings {
        private final EmbeddedRedis process =
                EmbeddedRedis.start(0, "appendonly no", "maxmemory 4mb", "maxmemory-policy allkeys-lru");

        private volatile long evicted;

        @Override
        public URI url() {
            return process.url();
        }

        @Override
        public int rows() {
            return 2_000;
        }

        @Override
        public int padding() {
            return 2_000;
        }

        @Override
        public void strike(RedisServer server, Random random) {
            evicted = server.await(server.session().commands().info("stats"))
                    .lines()
                    .filter(line -> line.startsWith("evicted_keys:"))
                    .mapToLong(line -> Long.parseLong(line.substring("evicted_keys:".length())))
                    .sum();
        }

        @Override
        public String toll() {
            return evicted == 0 ? "" : "%,d keys evicted".formatted(evicted);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** One Redis that is killed again and again and comes back with what it had saved some time before. */
    final class Killed implements Surroundings {
        private static final Duration LONGEST_OUTAGE = Duration.ofSeconds(20);

        private final EmbeddedRedis process = EmbeddedRedis.start(0, "appendonly no");
        private final AtomicInteger kills = new AtomicInteger();

        @Override
        public URI url() {
            return process.url();
        }

        @Override
        public void strike(RedisServer server, Random random) {
            server.await(server.session().commands().save());
            Stress.dawdle(random, 300);
            var session = server.session();
            ProcessHandle.of(Long.parseLong(session.info("process_id"))).ifPresent(ProcessHandle::destroyForcibly);
            process.restart();
            long end = System.nanoTime() + LONGEST_OUTAGE.toNanos();
            while (!server.isConnected() || server.session() == session) {
                if (System.nanoTime() > end) {
                    throw new RedisException("redis did not come back");
                }
                Stress.dawdle(random, 20);
            }
            kills.incrementAndGet();
            Stress.dawdle(random, 300);
        }

        @Override
        public String toll() {
            return kills.get() == 0 ? "" : kills + " times killed and restarted from an older snapshot";
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** Three masters with a replica each; slots move to and fro, masters are killed and come back as replicas. */
    final class Cluster implements Surroundings {
        private final EmbeddedCluster cluster = EmbeddedCluster.start();
        private final AtomicInteger moves = new AtomicInteger();
        private final AtomicInteger failovers = new AtomicInteger();

        @Override
        public URI url() {
            return cluster.url();
        }

        @Override
        public int buckets() {
            return 16;
        }

        @Override
        public void strike(RedisServer server, Random random) {
            if (moves.get() > 2 * failovers.get()) {
                failOver(random);
            } else {
                move(random);
            }
        }

        @Override
        public String toll() {
            return failovers.get() == 0 ? "" : "%s slots moved, %s masters killed".formatted(moves, failovers);
        }

        @Override
        public void close() {
            cluster.close();
        }

        /** Leaves the slot on its way for a while, some of its keys here and some there. */
        private void move(Random random) {
            int slot = SlotHash.getSlot(new CacheKeys(Stress.PREFIX, buckets()).entry("row-" + random.nextInt(rows())));
            var from = cluster.masterOf(slot);
            var to = cluster.otherThan(from);
            cluster.beginMigration(slot, to);
            Stress.dawdle(random, 100);
            cluster.migrateKeys(from, to, from.commands().clusterGetKeysInSlot(slot, 10));
            Stress.dawdle(random, 100);
            cluster.endMigration(slot, to);
            moves.incrementAndGet();
        }

        private void failOver(Random random) {
            var masters = cluster.masters();
            var victim = masters.get(random.nextInt(masters.size()));
            cluster.kill(victim);
            cluster.awaitFailover(victim);
            cluster.mend();
            failovers.incrementAndGet();
        }
    }
}
