package dev.freshet.queue;

import java.util.Arrays;

/** The names of all keys of a partition. They share one hash tag, so that a script may use them together on a cluster. */
final class QueueKeys {
    final String ready;
    final String suspect;
    final String retry;
    final String replay;
    final String replayPace;
    final String claims;
    final String claimPrefix;
    final String crashes;
    final String dead;
    final String deadAt;
    final String deadLog;
    final String seenPrefix;
    final String window;
    final String awaited;
    final String counts;
    final String paused;
    final String waits;
    final String workers;
    final String workersAt;

    QueueKeys(String prefix, int partition) {
        var base = prefix + ":{q:" + partition + "}:";
        ready = base + "ready";
        suspect = base + "suspect";
        retry = base + "retry";
        replay = base + "replay";
        replayPace = base + "replay:pace";
        claims = base + "claims";
        claimPrefix = base + "claim:";
        crashes = base + "crashes";
        dead = base + "dead";
        deadAt = base + "dead:at";
        deadLog = base + "dead:log";
        seenPrefix = base + "seen:";
        window = base + "window";
        awaited = base + "awaited";
        counts = base + "counts";
        paused = base + "paused";
        waits = base + "waits";
        workers = base + "workers";
        workersAt = base + "workers:at";
    }

    /** What status looks at, as its script numbers them. */
    String[] places() {
        return new String[] {ready, claims, suspect, retry, replay, dead, counts, paused, claimPrefix, window};
    }

    /** What an audit looks at, as its script numbers them. */
    String[] audited() {
        var keys = Arrays.copyOf(places(), 13);
        keys[10] = deadAt;
        keys[11] = crashes;
        keys[12] = awaited;
        return keys;
    }

    /** Where the number of partitions stands. */
    static String partitions(String prefix) {
        return prefix + ":queue:partitions";
    }

    String claim(String claim) {
        return claimPrefix + claim;
    }
}
