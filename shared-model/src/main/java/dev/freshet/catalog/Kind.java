package dev.freshet.catalog;

/** The shape of a view's JSON. */
public enum Kind {
    /** An array of objects, one per row. */
    ROWS,
    /** The first row as an object, or {@code null}. */
    ROW,
    /** What the first row's only column holds, or {@code null}. */
    VALUE
}
