package dev.freshet.worker.cli;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.FleetStats;
import dev.freshet.cache.Seen;
import dev.freshet.cache.Survey;
import dev.freshet.cache.TagCache;
import dev.freshet.redis.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;

/** The cache as commands see it: to change it, to look into it, and what the fleet has counted. */
record OpenCache(RedisServer server, TagCache cache, Survey survey, FleetStats fleet) {

    static OpenCache of(RedisServer server, CacheOptions options) {
        var stats = new CacheStats(new SimpleMeterRegistry());
        return new OpenCache(
                server,
                new TagCache(server, options, stats),
                new Survey(server, options),
                new FleetStats(server, options.prefix(), stats));
    }

    /** How long ago its load began. */
    static Duration age(Seen seen) {
        return positive(Duration.between(seen.entry().loadedAt(), Instant.now()));
    }

    /** How much longer readers get it; zero when they do not. */
    static Duration freshFor(Seen seen) {
        return seen.isHit()
                ? positive(Duration.between(Instant.now(), seen.entry().softExpiry()))
                : Duration.ZERO;
    }

    private static Duration positive(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
