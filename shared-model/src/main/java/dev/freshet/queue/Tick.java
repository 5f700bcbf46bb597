package dev.freshet.queue;

import java.util.List;
import java.util.stream.Stream;

/**
 * What passing time did to the queue.
 *
 * @param retries how many were due and are ready now
 * @param replays how many were let in and are ready now
 * @param expired claims past their deadline, at most a hundred of each partition
 */
public record Tick(int retries, int replays, List<ExpiredClaim> expired) {
    public Tick {
        expired = List.copyOf(expired);
    }

    static Tick sum(List<Tick> ticks) {
        return ticks.stream().reduce(new Tick(0, 0, List.of()), Tick::plus);
    }

    private Tick plus(Tick other) {
        return new Tick(
                retries + other.retries,
                replays + other.replays,
                Stream.concat(expired.stream(), other.expired.stream()).toList());
    }
}
