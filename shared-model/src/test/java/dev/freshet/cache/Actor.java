package dev.freshet.cache;

/** Somebody with a small program, at one point of it. Never changed: each step makes the next one. */
sealed interface Actor permits LoadActor, WriteActor {
    /** Adds what it may do next. */
    void moves(State state, int me, Choices choices);

    /** Where it stands, for telling states apart. */
    String describe(EpochNames names);
}
