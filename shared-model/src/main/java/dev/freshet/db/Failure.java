package dev.freshet.db;

/** What a failed database call means for the job that made it. */
public enum Failure {
    /** The database is away: pause, and count no attempt. */
    OUTAGE,
    /** This time it did not work: try again later. */
    TRANSIENT,
    /** It will never work. */
    PERMANENT
}
