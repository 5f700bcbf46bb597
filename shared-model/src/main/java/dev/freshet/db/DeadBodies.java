package dev.freshet.db;

import dev.freshet.queue.BodyStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Bodies of dead letters in PostgreSQL. They have a table of their own, in which a row is never written over: in a row of
 * the delivery, a worker that comes late might take away the only copy. Calls throw
 * {@link org.jdbi.v3.core.JdbiException} when the database is away.
 */
public final class DeadBodies implements BodyStore {
    private static final String THESE =
            " where queue = :queue and (id, digest) in (select * from unnest(:ids::text[], :digests::text[]))";

    private final Database database;
    private final String queue;

    /** @param queue what the keys of its Redis begin with; several may share a database */
    public DeadBodies(Database database, String queue) {
        this.database = database;
        this.queue = queue;
    }

    @Override
    public void keep(Map<Key, byte[]> bodies) {
        database.jdbi().useHandle(handle -> {
            var batch = handle.prepareBatch("""
                    insert into freshet.dead_bodies (queue, id, digest, body) values (:queue, :id, :digest, :body)
                    on conflict (queue, id, digest) do update set unneeded = null""");
            bodies.forEach((key, body) -> batch.bind("queue", queue)
                    .bind("id", key.id())
                    .bind("digest", key.digest())
                    .bind("body", body)
                    .add());
            batch.execute();
        });
    }

    @Override
    public Map<Key, byte[]> read(Collection<Key> keys) {
        return database.jdbi().withHandle(handle -> {
            var bodies = new HashMap<Key, byte[]>();
            handle.createQuery("select id, digest, body from freshet.dead_bodies" + THESE)
                    .bind("queue", queue)
                    .bindArray("ids", String.class, ids(keys))
                    .bindArray("digests", String.class, digests(keys))
                    .map((row, context) -> Map.entry(key(row.getString(1), row.getString(2)), row.getBytes(3)))
                    .forEach(body -> bodies.put(body.getKey(), body.getValue()));
            return bodies;
        });
    }

    @Override
    public void delete(Collection<Key> keys) {
        database.jdbi().useHandle(handle -> change(handle, "delete from freshet.dead_bodies" + THESE, keys));
    }

    @Override
    public List<Key> keys(Optional<Key> after, int most) {
        var from = after.orElse(key("", ""));
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("""
                        select id, digest from freshet.dead_bodies
                         where queue = :queue and (id, digest) > (:id, :digest) order by id, digest limit :most""")
                        .bind("queue", queue)
                        .bind("id", from.id())
                        .bind("digest", from.digest())
                        .bind("most", most)
                        .map((row, context) -> key(row.getString(1), row.getString(2)))
                        .list());
    }

    @Override
    public int sweep(Collection<Key> needed, Collection<Key> unneeded) {
        return database.jdbi().withHandle(handle -> {
            change(
                    handle,
                    "update freshet.dead_bodies set unneeded = null" + THESE + " and unneeded is not null",
                    needed);
            change(
                    handle,
                    "update freshet.dead_bodies set unneeded = now()" + THESE + " and unneeded is null",
                    unneeded);
            return change(
                    handle,
                    "delete from freshet.dead_bodies" + THESE + " and unneeded < now() - interval '7 days'",
                    unneeded);
        });
    }

    private int change(Handle handle, String sql, Collection<Key> keys) {
        return handle.createUpdate(sql)
                .bind("queue", queue)
                .bindArray("ids", String.class, ids(keys))
                .bindArray("digests", String.class, digests(keys))
                .execute();
    }

    private static Key key(String id, String digest) {
        return new Key(id, digest);
    }

    private static List<String> ids(Collection<Key> keys) {
        return keys.stream().map(Key::id).toList();
    }

    private static List<String> digests(Collection<Key> keys) {
        return keys.stream().map(Key::digest).toList();
    }
}
