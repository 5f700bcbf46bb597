package dev.freshet.catalog;

/** What {@code kind} may say of a view. */
enum SourceKind {
    ROWS,
    ROW,
    VALUE,
    LEADERBOARD,
    FUNCTION;

    /** Whether an answer may be {@code null}: that there is none. */
    boolean mayBeAbsent() {
        return this != ROWS && this != LEADERBOARD;
    }

    /** Whether the database can say what a value is now. */
    boolean isAudited() {
        return this != FUNCTION && this != LEADERBOARD;
    }
}
