package dev.freshet.queue;

import dev.freshet.model.Job;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that one worker holds under a lease. Membership in the lease decides, not the deadline: a worker that lost it can
 * neither settle nor give back nor renew.
 */
public final class Claim implements ClaimResult {
    private final String id;
    private final boolean suspect;
    private final List<Job> jobs;
    private final List<byte[]> raw;
    private final List<byte[]> unreadable;
    private final byte[] first;

    /**
     * @param raw the bytes of each job as they stand in Redis
     * @param unreadable what else is in the claim and must be buried
     * @param first what stands first in the claim's list
     */
    Claim(String id, boolean suspect, List<Job> jobs, List<byte[]> raw, List<byte[]> unreadable, byte[] first) {
        this.id = id;
        this.suspect = suspect;
        this.jobs = List.copyOf(jobs);
        this.raw = raw;
        this.unreadable = unreadable;
        this.first = first;
    }

    /** Random, used once. */
    public String id() {
        return id;
    }

    /** Oldest first; empty when all that was claimed turned out to be unreadable. */
    public List<Job> jobs() {
        return jobs;
    }

    /** Whether the job was in a claim that died before; then it is alone in this one. */
    public boolean suspect() {
        return suspect;
    }

    byte[] first() {
        return first;
    }

    List<byte[]> unreadable() {
        return unreadable;
    }

    /** How many jobs the claim's list holds. */
    int size() {
        return raw.size() + unreadable.size();
    }

    /** The bytes by job. */
    Map<Job, byte[]> rawByJob() {
        var bytes = new HashMap<Job, byte[]>();
        for (int i = 0; i < jobs.size(); i++) {
            bytes.put(jobs.get(i), raw.get(i));
        }
        return bytes;
    }

    @Override
    public String toString() {
        return "claim " + id + " of " + size() + (size() == 1 ? " job" : " jobs");
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Claim claim && id.equals(claim.id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }
}
