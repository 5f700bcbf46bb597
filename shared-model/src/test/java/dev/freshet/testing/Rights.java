package dev.freshet.testing;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The files in {@code docs/rights}, given to a server of the tests: what passes under them passes with whoever applies
 * them. Only names, passwords and the key prefix differ.
 */
final class Rights {
    static final String PASSWORD = "tests";
    private static final Path DIRECTORY = directory();

    private Rights() {}

    /**
     * Makes a user who may do what these files say, all of them together.
     *
     * @param admin who may make users
     * @param files such as {@code redis-queue}
     * @return the server's URL with the user's login
     */
    static URI redis(URI admin, String user, String... files) {
        var rules = new ArrayList<String>();
        for (var file : files) {
            boolean isFirst = rules.isEmpty();
            words(file).stream()
                    .filter(word -> isFirst || !word.equals("-@all"))
                    .map(word -> word.replace(">change-me", ">" + PASSWORD).replace("~freshet:", "~test-*:"))
                    .forEach(rules::add);
        }
        var client = RedisClient.create(RedisURI.create(admin));
        try (var connection = client.connect()) {
            var arguments = new CommandArgs<>(StringCodec.UTF8).add("SETUSER").add(user);
            rules.forEach(arguments::add);
            connection.sync().dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), arguments);
        } finally {
            client.shutdown();
        }
        return withLogin(admin, user);
    }

    /** Does what stands under one heading of {@code postgresql.sql}, examples in comments too. */
    static void postgresql(Connection admin, int heading) throws SQLException {
        var from = "\n-- " + heading + ". ";
        var all = read("postgresql.sql").replace("freshet_", "freshet_test_").replace("change-me", PASSWORD);
        var part = all.substring(all.indexOf(from) + 1).split("\n-- " + (heading + 1) + "\\. ", 2)[0];
        try (var statement = admin.createStatement()) {
            statement.execute(part.replace("\n-- grant ", "\ngrant "));
        }
    }

    /** @param login a user with the tests' password */
    static URI withLogin(URI server, String login) {
        var port = server.getPort() < 0 ? "" : ":" + server.getPort();
        var query = server.getRawQuery() == null ? "" : "?" + server.getRawQuery();
        return URI.create(server.getScheme() + "://" + login + ":" + PASSWORD + "@" + server.getHost() + port
                + server.getRawPath() + query);
    }

    /** The rules of the one user that the file makes. */
    private static List<String> words(String file) {
        var user = read(file + ".acl")
                .lines()
                .filter(line -> line.startsWith("user "))
                .findFirst()
                .orElseThrow();
        var words = List.of(user.split(" ", -1));
        return words.subList(2, words.size());
    }

    private static String read(String file) {
        try {
            return Files.readString(DIRECTORY.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path directory() {
        var module = Path.of("").toAbsolutePath();
        for (var at = module; at != null; at = at.getParent()) {
            var found = at.resolve("docs/rights");
            if (Files.isDirectory(found)) {
                return found;
            }
        }
        throw new IllegalStateException("no docs/rights above " + module);
    }
}
