package dev.freshet.testing;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The Redis and the PostgreSQL that the tests of one JVM share: those named by {@code TEST_REDIS_URL} and
 * {@code TEST_DATABASE_URL}, else containers where a Docker engine answers, else embedded binaries. Each test takes a
 * key prefix and a database of its own, and comes with the rights in {@code docs/rights}, unless it asks for more.
 */
public final class TestServices {
    private static final String REDIS_IMAGE = "redis:7-alpine";
    private static final String POSTGRES_IMAGE = "postgres:17-alpine";

    /** duplicate_object, and unique_violation where another JVM makes them at the same time. */
    private static final Set<String> ROLE_EXISTS = Set.of("42710", "23505");

    private static final class Shared {
        static final TestServices INSTANCE = new TestServices();
    }

    private final URI redisAdminUrl;
    private final URI queueUrl;
    private final URI cacheUrl;
    private final URI redisUrl;
    private final URI databaseUrl;
    private final boolean hasRoles;

    @SuppressWarnings({"resource", "SystemOut"}) // containers and processes live as long as this JVM
    private TestServices() {
        var redis = System.getenv("TEST_REDIS_URL");
        var database = System.getenv("TEST_DATABASE_URL");
        boolean docker = (redis == null || database == null) && dockerAnswers();
        if (redis != null) {
            redisAdminUrl = URI.create(redis);
        } else if (docker) {
            var container = new GenericContainer<>(REDIS_IMAGE).withExposedPorts(6379);
            container.start();
            redisAdminUrl = URI.create("redis://" + container.getHost() + ":" + container.getMappedPort(6379));
        } else {
            var embedded = EmbeddedRedis.start(0);
            Runtime.getRuntime().addShutdownHook(new Thread(embedded::close));
            redisAdminUrl = embedded.url();
        }
        if (database != null) {
            databaseUrl = URI.create(database);
        } else if (docker) {
            var container = new PostgreSQLContainer(POSTGRES_IMAGE);
            container.start();
            databaseUrl = URI.create("postgresql://" + container.getUsername() + ":" + container.getPassword() + "@"
                    + container.getHost() + ":" + container.getMappedPort(5432) + "/" + container.getDatabaseName());
        } else {
            databaseUrl = EmbeddedDatabase.start(0).url(); // stops itself with this JVM
        }
        System.out.println("test services: redis "
                + (redis != null ? "from TEST_REDIS_URL" : docker ? "in a container" : "embedded") + ", postgresql "
                + (database != null ? "from TEST_DATABASE_URL" : docker ? "in a container" : "embedded"));
        queueUrl = user("freshet-test-queue", "redis-queue");
        cacheUrl = user("freshet-test-cache", "redis-cache");
        redisUrl = user("freshet-test", "redis-queue", "redis-cache");
        hasRoles = makeRoles();
    }

    /** Started on the first call. */
    public static TestServices shared() {
        return Shared.INSTANCE;
    }

    /** For a user who may do with the tests' keys what the queue needs. */
    public URI queueUrl() {
        return queueUrl;
    }

    /** For a user who may do with the tests' keys what the cache needs. */
    public URI cacheUrl() {
        return cacheUrl;
    }

    /** For a user who may do both. */
    public URI redisUrl() {
        return redisUrl;
    }

    /** For a user who may do anything: to break the server, or to look where no process does. */
    public URI redisAdminUrl() {
        return redisAdminUrl;
    }

    /** Asks Redis what no process may ask. */
    public <T> T asRedisAdmin(Function<RedisCommands<String, byte[]>, T> question) {
        var client = RedisClient.create(RedisURI.create(redisAdminUrl));
        try (var connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE))) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    /** A key prefix that nobody else uses. */
    public String newPrefix() {
        return "test-" + randomName();
    }

    /**
     * Creates an empty database and returns its {@code postgresql://} URL, with the login of an administrator. It is
     * dropped with the embedded server; on a server from the environment it stays and its name says where it is from.
     */
    public URI newDatabase() {
        var name = "freshet_test_" + randomName();
        try (var connection = DriverManager.getConnection(jdbcUrl(databaseUrl));
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("the tests' PostgreSQL user must be allowed to create databases", e);
        }
        return databaseUrl.resolve("/" + name);
    }

    /**
     * With the login that {@code freshet work} has in production. It sees what the administrator created, and will see
     * what he creates.
     */
    public URI workUrl(URI database) {
        return as("freshet_test_work", database);
    }

    /** With the login that {@code freshet serve} has in production. */
    public URI serveUrl(URI database) {
        return as("freshet_test_serve", database);
    }

    /** With the login that {@code freshet ingest} has in production, in a database that a worker has migrated. */
    public URI ingestUrl(URI database) {
        if (hasRoles) {
            grant(database, 3);
        }
        return as("freshet_test_ingest", database);
    }

    /** With the login that {@code freshet serve} has in production, in a database that a worker has migrated. */
    public URI migratedServeUrl(URI database) {
        if (hasRoles) {
            grant(database, 3);
        }
        return as("freshet_test_serve", database);
    }

    private URI as(String role, URI database) {
        if (!hasRoles) {
            return database;
        }
        try (var connection = DriverManager.getConnection(jdbcUrl(database));
                var statement = connection.createStatement();
                var schema = statement.executeQuery("select 1 from pg_namespace where nspname = 'freshet'")) {
            if (!schema.next()) {
                Rights.postgresql(connection, 2);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot apply docs/rights/postgresql.sql", e);
        }
        return Rights.withLogin(database, role);
    }

    /** Lets the login of {@code freshet work} capture the table {@code runs}. */
    public void letCaptureRuns(URI database) {
        if (hasRoles) {
            grant(database, 4);
        }
    }

    private static void grant(URI database, int heading) {
        try (var connection = DriverManager.getConnection(jdbcUrl(database))) {
            Rights.postgresql(connection, heading);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot apply docs/rights/postgresql.sql", e);
        }
    }

    @SuppressWarnings("SystemOut")
    private URI user(String user, String... files) {
        try {
            return Rights.redis(redisAdminUrl, user, files);
        } catch (RedisCommandExecutionException e) {
            System.out.println("test services: " + user + " is whoever TEST_REDIS_URL names: " + e.getMessage());
            return redisAdminUrl;
        }
    }

    /** @return false when the tests' user may not make roles; then everybody comes as that user */
    @SuppressWarnings("SystemOut")
    private boolean makeRoles() {
        try (var connection = DriverManager.getConnection(jdbcUrl(databaseUrl))) {
            Rights.postgresql(connection, 1);
            return true;
        } catch (SQLException e) {
            boolean areThere = ROLE_EXISTS.contains(e.getSQLState());
            if (!areThere) {
                System.out.println(
                        "test services: no roles, everybody is whom TEST_DATABASE_URL names: " + e.getMessage());
            }
            return areThere;
        }
    }

    private static String jdbcUrl(URI url) {
        var login = url.getUserInfo().split(":", 2);
        return "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath() + "?user=" + login[0]
                + "&password=" + login[1];
    }

    private static boolean dockerAnswers() {
        if (System.getenv("DOCKER_HOST") == null && !Files.exists(Path.of("/var/run/docker.sock"))) {
            return false;
        }
        return org.testcontainers.DockerClientFactory.instance().isDockerAvailable();
    }

    private static String randomName() {
        return Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), Character.MAX_RADIX);
    }
}
