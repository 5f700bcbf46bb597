package dev.freshet.worker.view;

import dev.freshet.db.Database;
import dev.freshet.model.Tag;
import dev.freshet.queue.JobQueue;
import java.util.Collection;

/** The changes that Freshet was told of and has not dealt with: what they touch may lawfully be old in the cache. */
final class Changes {
    private final JobQueue queue;
    private final Database database;

    Changes(JobQueue queue, Database database) {
        this.queue = queue;
        this.database = database;
    }

    /**
     * Whether one that is on its way may yet invalidate one of these tags. Which tags a job will name is known only to
     * whoever does it, so any job may.
     */
    boolean mayReach(Collection<Tag> tags) {
        return isAnyCaptured() || queue.status().inFlight() > 0 || wereLeftBehind(tags);
    }

    /** Asked before the queue, into which they go. */
    private boolean isAnyCaptured() {
        return database.jdbi().withHandle(handle -> {
            boolean isMigrated = handle.createQuery("select to_regclass('freshet.outbox') is not null")
                    .mapTo(Boolean.class)
                    .one();
            return isMigrated
                    && handle.createQuery("select exists(select 1 from freshet.outbox)")
                            .mapTo(Boolean.class)
                            .one();
        });
    }

    /** A worker that moved a row and died has left what else to invalidate in the database. */
    private boolean wereLeftBehind(Collection<Tag> tags) {
        return database.jdbi().withHandle(handle -> {
            boolean isMigrated = handle.createQuery("select to_regclass('freshet.left_behind') is not null")
                    .mapTo(Boolean.class)
                    .one();
            return isMigrated
                    && handle.createQuery(
                                    "select exists(select 1 from freshet.left_behind where tags && :tags::text[])")
                            .bindArray(
                                    "tags",
                                    String.class,
                                    tags.stream().map(Tag::name).toList())
                            .mapTo(Boolean.class)
                            .one();
        });
    }
}
