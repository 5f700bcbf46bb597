package dev.freshet.benchmarks.nextjs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one instance has confirmed to one front end of the catalog.
 *
 * <p>An event is <em>confirmed</em> from the moment at which the instance has answered 200 to the call that carries the
 * event's own tag. It is <em>settled</em> for a tag or path from the moment at which the instance has answered 200 to a
 * call that carries this tag or path and was sent at least one longest render after the event was confirmed: no render
 * that read older data can still be under way then. Nothing that is older than a settled event may be served.
 */
final class Told {
    /** Two clocks measure the longest render: that of Redis and that of this process. */
    private static final long TOLERANCE_NANOS = 10_000_000;

    private record Confirmed(int cohort, int value, long at) {}

    private final long longestRender;
    private final Map<Integer, Integer> confirmed = new HashMap<>();
    private final Map<String, List<Confirmed>> waiting = new HashMap<>();
    private final Map<String, Map<Integer, Integer>> settled = new HashMap<>();
    private int calls;

    /** @param longestRender as the worker was told */
    Told(Duration longestRender) {
        this.longestRender = longestRender.toNanos() - TOLERANCE_NANOS;
    }

    /**
     * A call was answered 200.
     *
     * @param sent when it was received, as {@link System#nanoTime}
     * @param subjects its tags and paths
     */
    synchronized void confirm(long sent, Collection<String> subjects) {
        calls++;
        long now = System.nanoTime();
        for (var subject : subjects) {
            if (subject.startsWith("event:")) {
                var words = subject.split(":", 3);
                confirm(new Confirmed(Integer.parseInt(words[1]), Integer.parseInt(words[2]), now));
            }
        }
        for (var subject : subjects) {
            settle(subject, sent - longestRender);
        }
    }

    private void confirm(Confirmed event) {
        if (event.value() <= confirmed(event.cohort())) {
            return; // told again
        }
        confirmed.put(event.cohort(), event.value());
        for (var page : Page.showing(event.cohort())) {
            waiting.computeIfAbsent(page.subject(), subject -> new ArrayList<>())
                    .add(event);
        }
    }

    private void settle(String subject, long until) {
        var events = waiting.getOrDefault(subject, List.of());
        for (var event : List.copyOf(events)) {
            if (event.at() <= until) {
                events.remove(event);
                settled.computeIfAbsent(subject, s -> new HashMap<>()).merge(event.cohort(), event.value(), Math::max);
            }
        }
    }

    /** The newest confirmed value of a cohort; 0 when there is none. */
    synchronized int confirmed(int cohort) {
        return confirmed.getOrDefault(cohort, 0);
    }

    /** The same of all cohorts. */
    synchronized Map<Integer, Integer> confirmed() {
        return Map.copyOf(confirmed);
    }

    /** By cohort, the newest values that are settled for what a page depends on. */
    synchronized Map<Integer, Integer> settled(String subject) {
        return Map.copyOf(settled.getOrDefault(subject, Map.of()));
    }

    /** Calls that were answered 200. */
    synchronized int calls() {
        return calls;
    }
}
