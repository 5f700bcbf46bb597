package dev.freshet.worker.frontend;

import dev.freshet.worker.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long an instance is left alone after a call. The first change is told at once; while changes keep coming the
 * pause doubles, so that a burst of up to 8 seconds costs at most ten calls, second passes included; a longer one two more
 * every five seconds.
 */
final class Pacing {
    private final CallerOptions options;
    private final RandomGenerator random;

    Pacing(CallerOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    /** The pause to remember after a confirmed call. A second pass is no change: it leaves the pause as it was. */
    Duration pause(Turn.Mine turn) {
        if (turn.isSecondPass()) {
            return turn.pause();
        }
        boolean startsAnew = turn.pause().isZero() || turn.quiet().compareTo(options.quiet()) >= 0;
        return startsAnew ? options.firstPause() : shorter(turn.pause().multipliedBy(2), options.lastPause());
    }

    /** How long to leave the instance alone after a confirmed call; what did not fit into it follows at once. */
    Duration rest(Turn.Mine turn, Duration pause) {
        if (turn.more()) {
            return Duration.ZERO;
        }
        return turn.isSecondPass() ? options.firstPause() : pause;
    }

    /** No less than what the instance asked for. */
    Duration backoff(int failuresBefore, Duration asked) {
        var backoff = new Backoff(options.firstBackoff(), options.lastBackoff()).after(failuresBefore + 1, random);
        return backoff.compareTo(asked) < 0 ? asked : backoff;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
