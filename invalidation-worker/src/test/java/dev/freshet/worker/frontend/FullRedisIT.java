package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A queue's Redis that has no memory left would hold up all jobs if it refused to note what front ends are owed. */
class FullRedisIT {
    private static final String PREFIX = "full";
    private static final Duration LEASE = Duration.ofSeconds(15);

    private final URI url = URI.create("http://127.0.0.1:1/revalidate");
    private final List<FrontEnd> frontEnds =
            List.of(new FrontEnd("dashboard", FrontEnd.Type.NEXTJS, List.of(url), List.of("s")));
    private EmbeddedRedis redis;
    private RedisServer server;

    @BeforeEach
    void start() {
        redis = EmbeddedRedis.start(0, "maxmemory-policy noeviction");
        server = new RedisServer("test", redis.url(), Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() {
        server.close();
        redis.close();
    }

    @Test
    void changesAreNotedAndToldAllTheSame() {
        var owed = new Owed(server, PREFIX, frontEnds, Owed.LONGEST_RENDER, Owed.MOST_OWED);
        var instance = new Instance("dashboard", url, List.of("s"));
        server.await(server.session().commands().configSet("maxmemory", "1"));
        owed.join("dashboard", List.of(instance));
        owed.record(Changes.of(List.of(new Tag("cohort:3")), List.of("/a")));
        assertThat(owed.status().getFirst().owed()).as("everything, and these").isEqualTo(3);
        var turn = (Turn.Mine) owed.take(instance, LEASE, 10, Duration.ZERO);
        assertThat(owed.confirm(instance, turn, Duration.ZERO, Duration.ZERO)).isEqualTo(3);
        assertThat(owed.status().getFirst().lastConfirmedAt()).isPresent();
    }
}
