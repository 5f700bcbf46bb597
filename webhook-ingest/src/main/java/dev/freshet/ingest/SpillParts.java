package dev.freshet.ingest;

import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.db.Spill;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Silence;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

/** What stands between an outage of the queue and the senders; nothing of it is touched while the queue is well. */
record SpillParts(Database database, SpillLevel level, Store.Past past) implements AutoCloseable {
    /** One writes, one looks. */
    private static final int CONNECTIONS = 2;

    /** Who waits is answered before; a statement that takes longer may still store what was sent. */
    private static final Duration LEAST_STATEMENT = Duration.ofSeconds(2);

    static SpillParts of(SpillOptions options, RedisServer queue, MeterRegistry meters) {
        var patience = options.patience();
        var statement = patience.compareTo(LEAST_STATEMENT) > 0 ? patience : LEAST_STATEMENT;
        var database = new Database(options.database(), new DatabaseOptions(CONNECTIONS, statement, patience));
        var spill = new Spill(database);
        var level = new SpillLevel(spill, options.maxDeliveries(), options.maxBytes());
        var spillway = new Spillway(spill, level, patience, meters);
        var silence = new Silence(queue, "queue", "deliveries are spilled until it answers");
        Gauge.builder("freshet.spill.waiting", () -> level.depth().deliveries())
                .description("deliveries that wait in PostgreSQL for the queue")
                .register(meters);
        Gauge.builder("freshet.spill.bytes", () -> level.depth().bytes())
                .description("how large they are")
                .register(meters);
        return new SpillParts(
                database, level, new Store.Past(spillway, silence, new Patience(options.queuePatience())));
    }

    /** Looks for the first time, and from then on. */
    void start() {
        level.start();
    }

    @Override
    public void close() {
        past.patience().close();
        past.spillway().close();
        level.close();
        database.close();
    }
}
