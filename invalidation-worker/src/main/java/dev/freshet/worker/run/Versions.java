package dev.freshet.worker.run;

import dev.freshet.worker.run.Batch.Change;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What keeps an old event from undoing a new one: the newest version seen of every identity. The rows stay when what
 * they are about is deleted, so that a late event does not bring it back.
 */
final class Versions {
    // The lock on each row is held until the commit, in the order of the identities so that two workers cannot block
    // each other; "previous" is what stood there before, and null when the identity is new.
    private static final String RAISE = """
            insert into freshet.versions as v (identity, version)
            select i.identity, i.version from unnest(?::text[], ?::bigint[]) as i(identity, version) order by i.identity
            on conflict (identity) do update
               set previous = v.version, version = greatest(v.version, excluded.version), updated_at = now()
            returning identity, previous""";

    private final String application;

    Versions(String application) {
        this.application = application;
    }

    /**
     * Remembers the newest version of every identity among the changes, and locks these identities until the
     * transaction ends.
     *
     * @return the version that stood before by identity; an identity that is new is absent
     */
    Map<String, Long> raise(Connection connection, List<Change> changes) throws SQLException {
        var newest = new TreeMap<String, Long>();
        for (var change : changes) {
            change.event().version().ifPresent(v -> newest.merge(v.identity(), v.number(), Math::max));
        }
        var previous = new HashMap<String, Long>();
        if (newest.isEmpty()) {
            return previous;
        }
        var prefix = application + "/";
        try (var statement = connection.prepareStatement(RAISE)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "text",
                            newest.keySet().stream().map(id -> prefix + id).toArray()));
            statement.setArray(
                    2, connection.createArrayOf("bigint", newest.values().toArray()));
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    long version = rows.getLong(2);
                    if (!rows.wasNull()) {
                        previous.put(rows.getString(1).substring(prefix.length()), version);
                    }
                }
            }
        }
        return previous;
    }
}
