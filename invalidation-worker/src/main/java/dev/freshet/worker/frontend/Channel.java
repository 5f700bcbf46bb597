package dev.freshet.worker.frontend;

import java.util.List;

/** The way by which instances of one type of front end are told. */
interface Channel {
    /** Tells an instance what is old. Returns within a deadline of its own, and throws only when interrupted. */
    Answer tell(Instance instance, List<Turn.Due> due) throws InterruptedException;
}
