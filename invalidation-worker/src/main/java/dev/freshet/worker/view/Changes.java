package dev.freshet.worker.view;

import dev.freshet.db.Database;
import dev.freshet.model.Tag;
import dev.freshet.queue.JobQueue;
import java.util.Collection;

/**
 * The changes that Freshet was told of and has not dealt with: what they touch may lawfully be old in the cache. Of
 * captured ones those that were there at the first look, since there may always be newer ones.
 */
final class Changes {
    private static final String NEWEST =
            "select coalesce(max(id), 0) from freshet.outbox where application = :application";
    private static final String ANY =
            "select exists (select from freshet.outbox where application = :application and id <= :newest)";

    /** Which it is from the sixth version of the schema on. */
    private static final String IS_SCOPED = """
            select exists (select from pg_attribute
             where attrelid = to_regclass('freshet.left_behind') and attname = 'application')""";

    private static final String LEFT_BEHIND = """
            select exists (select from freshet.left_behind
             where tags && :tags::text[] and coalesce(application, :application) = :application)""";

    private final JobQueue queue;
    private final Database database;
    private final String application;
    private final long newest;

    Changes(JobQueue queue, Database database, String application) {
        this.queue = queue;
        this.database = database;
        this.application = application;
        this.newest = newest();
    }

    private long newest() {
        return database.jdbi().withHandle(handle -> {
            boolean isMigrated = handle.createQuery("select to_regclass('freshet.outbox') is not null")
                    .mapTo(Boolean.class)
                    .one();
            return isMigrated
                    ? handle.createQuery(NEWEST)
                            .bind("application", application)
                            .mapTo(Long.class)
                            .one()
                    : 0;
        });
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
        return newest > 0
                && database.jdbi()
                        .withHandle(handle -> handle.createQuery(ANY)
                                .bind("application", application)
                                .bind("newest", newest)
                                .mapTo(Boolean.class)
                                .one());
    }

    /** A worker that moved a row and died has left what else to invalidate in the database. */
    private boolean wereLeftBehind(Collection<Tag> tags) {
        return database.jdbi().withHandle(handle -> {
            boolean isMigrated =
                    handle.createQuery(IS_SCOPED).mapTo(Boolean.class).one();
            return isMigrated
                    && handle.createQuery(LEFT_BEHIND)
                            .bind("application", application)
                            .bindArray(
                                    "tags",
                                    String.class,
                                    tags.stream().map(Tag::name).toList())
                            .mapTo(Boolean.class)
                            .one();
        });
    }
}
