package dev.freshet.catalog;

/** Which keys of a view are loaded again after an invalidation. */
public enum Rewarm {
    /** Those that somebody read lately. */
    HOT,
    ALWAYS,
    NEVER
}
