package dev.freshet.testing;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The Redis and the PostgreSQL that the tests of one JVM share: those named by {@code TEST_REDIS_URL} and
 * {@code TEST_DATABASE_URL}, else containers where a Docker engine answers, else embedded binaries. Each test takes a
 * key prefix and a database of its own.
 */
public final class TestServices {
    private static final String REDIS_IMAGE = "redis:7-alpine";
    private static final String POSTGRES_IMAGE = "postgres:17-alpine";

    private static final class Shared {
        static final TestServices INSTANCE = new TestServices();
    }

    private final URI redisUrl;
    private final URI databaseUrl;

    @SuppressWarnings({"resource", "SystemOut"}) // containers and processes live as long as this JVM
    private TestServices() {
        var redis = System.getenv("TEST_REDIS_URL");
        var database = System.getenv("TEST_DATABASE_URL");
        boolean docker = (redis == null || database == null) && dockerAnswers();
        if (redis != null) {
            redisUrl = URI.create(redis);
        } else if (docker) {
            var container = new GenericContainer<>(REDIS_IMAGE).withExposedPorts(6379);
            container.start();
            redisUrl = URI.create("redis://" + container.getHost() + ":" + container.getMappedPort(6379));
        } else {
            var embedded = EmbeddedRedis.start(0);
            Runtime.getRuntime().addShutdownHook(new Thread(embedded::close));
            redisUrl = embedded.url();
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
    }

    /** Started on the first call. */
    public static TestServices shared() {
        return Shared.INSTANCE;
    }

    public URI redisUrl() {
        return redisUrl;
    }

    /** A key prefix that nobody else uses. */
    public String newPrefix() {
        return "test-" + randomName();
    }

    /**
     * Creates an empty database and returns its {@code postgresql://} URL, user and password included. It is dropped
     * with the embedded server; on a server from the environment it stays and its name says where it is from.
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
