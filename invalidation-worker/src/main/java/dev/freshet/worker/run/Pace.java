package dev.freshet.worker.run;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Merges what comes in bursts. The first mark of a key is due at once; while marks keep coming the key is due after a
 * pause that doubles from {@code first} to {@code last}; the last mark is never lost. A key that stayed quiet for its
 * pause starts anew.
 */
final class Pace<K> {
    private static final class State {
        private Instant next;
        private Duration pause;
        private boolean marked = true;

        private State(Instant next, Duration pause) {
            this.next = next;
            this.pause = pause;
        }
    }

    private final Duration first;
    private final Duration last;
    private final Map<K, State> states = new HashMap<>();

    Pace(Duration first, Duration last) {
        this.first = first;
        this.last = last;
    }

    synchronized void mark(K key, Instant now) {
        var state = states.get(key);
        if (state == null) {
            states.put(key, new State(now, first));
        } else {
            state.marked = true;
        }
    }

    /** Takes the keys that are due; each must be dealt with, or marked again. */
    synchronized List<K> takeDue(Instant now) {
        var due = new ArrayList<K>();
        states.entrySet().removeIf(entry -> {
            var state = entry.getValue();
            if (state.next.isAfter(now)) {
                return false;
            }
            if (!state.marked) {
                return true;
            }
            due.add(entry.getKey());
            state.marked = false;
            state.next = now.plus(state.pause);
            state.pause = min(state.pause.plus(state.pause), last);
            return false;
        });
        return due;
    }

    /** Forgets keys that were just taken, unless they were marked since. */
    synchronized void forget(Collection<K> keys) {
        for (var key : keys) {
            var state = states.get(key);
            if (state != null && !state.marked) {
                states.remove(key);
            }
        }
    }

    /** How long a key that was just taken is not due; zero for one that is not remembered. */
    synchronized Duration rest(K key, Instant now) {
        var state = states.get(key);
        return state == null ? Duration.ZERO : Duration.between(now, state.next);
    }

    /** How many keys are remembered, due or resting. */
    synchronized int size() {
        return states.size();
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
