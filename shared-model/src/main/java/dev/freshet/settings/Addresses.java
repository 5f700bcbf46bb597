package dev.freshet.settings;

import java.net.URI;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the servers are. {@code REDIS_QUEUE_URL} and {@code REDIS_CACHE_URL} win over {@code REDIS_URL}, which wins over
 * {@code REDIS_HOST}, {@code REDIS_PORT}, {@code REDIS_PASSWORD} and {@code REDIS_DB}. A URL is {@code redis://} or
 * {@code rediss://} with one host, or several for a cluster, or {@code redis-sentinel://}.
 *
 * @param queue the Redis that must not evict
 * @param cache the Redis that may
 * @param prefix what every key begins with ({@code REDIS_KEY_PREFIX}, default {@code freshet})
 * @param database {@code postgresql://user:password@host:port/name} ({@code DATABASE_URL}); empty when not set
 */
public record Addresses(URI queue, URI cache, String prefix, Optional<URI> database) {

    /** @throws SettingException when an address is none, or the prefix would break the hash tags of the keys */
    public static Addresses from(Settings settings) {
        var common = settings.uri("REDIS_URL")
                .map(url -> RedisUrl.require("REDIS_URL", url))
                .orElseGet(() -> fromParts(settings));
        var prefix = settings.text("REDIS_KEY_PREFIX", "freshet");
        if (!prefix.matches("[A-Za-z0-9_.:-]{1,64}")) {
            throw new SettingException(
                    "REDIS_KEY_PREFIX must be 1 to 64 letters, digits or _ . : -, was '" + prefix + "'");
        }
        return new Addresses(
                RedisUrl.require(
                        "REDIS_QUEUE_URL", settings.uri("REDIS_QUEUE_URL").orElse(common)),
                RedisUrl.require(
                        "REDIS_CACHE_URL", settings.uri("REDIS_CACHE_URL").orElse(common)),
                prefix,
                settings.uri("DATABASE_URL").map(url -> requirePostgresql("DATABASE_URL", url)));
    }

    /** Whether any setting says where Redis is; else it is looked for on this machine. */
    public static boolean namesRedis(Settings settings) {
        return Stream.of("REDIS_QUEUE_URL", "REDIS_CACHE_URL", "REDIS_URL", "REDIS_HOST", "REDIS_PORT")
                .anyMatch(name -> settings.find(name).isPresent());
    }

    /** @throws SettingException when there is none */
    public URI requireDatabase() {
        return database.orElseThrow(() -> new SettingException(
                "DATABASE_URL is not set; it must be such as postgresql://user:password@localhost:5432/app"));
    }

    private static URI fromParts(Settings settings) {
        var host = settings.text("REDIS_HOST", "localhost");
        int port = settings.number("REDIS_PORT", 6379, 1, 65_535);
        int database = settings.number("REDIS_DB", 0, 0, 1_000_000);
        var login = settings.find("REDIS_PASSWORD")
                .map(password -> ":"
                        + java.net.URLEncoder.encode(password, java.nio.charset.StandardCharsets.UTF_8)
                                .replace("+", "%20")
                        + "@")
                .orElse("");
        return URI.create("redis://" + login + host + ":" + port + "/" + database);
    }

    /** @throws SettingException naming the setting, when this is not where a PostgreSQL is */
    public static URI requirePostgresql(String name, URI url) {
        boolean known = "postgresql".equals(url.getScheme()) || "postgres".equals(url.getScheme());
        if (!known || url.getHost() == null || url.getPath().length() < 2) {
            throw new SettingException(name + " must be such as postgresql://user:password@localhost:5432/app");
        }
        if (String.valueOf(url.getRawQuery()).contains("preferQueryMode=simple")) {
            throw new SettingException(name + " must not have preferQueryMode=simple: the driver would write values"
                    + " into the text of statements, which Freshet promises not to do");
        }
        return url;
    }
}
