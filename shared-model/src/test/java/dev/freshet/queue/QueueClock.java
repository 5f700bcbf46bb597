package dev.freshet.queue;

import java.time.Duration;

/** Moves the clock by which a queue's scripts see leases end and retries come due. */
public final class QueueClock {
    private QueueClock() {}

    /** @param offset from Redis' own time, for all calls that follow through this object */
    public static void set(JobQueue queue, Duration offset) {
        queue.setClockOffset(offset);
    }
}
