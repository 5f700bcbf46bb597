package dev.freshet.queue;

import dev.freshet.model.Job;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Jobs that one worker holds under a lease. Membership in the lease decides, not the deadline: a worker that lost it can
 * neither settle nor give back nor renew.
 */
public final class Claim implements ClaimResult {
    private final Partition partition;
    private final String id;
    private final String reign;
    private final boolean suspect;
    private final byte[] first;
    private final List<Job> jobs = new ArrayList<>();
    private final List<byte[]> raw = new ArrayList<>();
    private final List<byte[]> unreadable = new ArrayList<>();

    /**
     * @param partition where it stands
     * @param reign of the Redis process that gave it, see {@link dev.freshet.redis.RedisSession#runId}
     * @param suspect whether its jobs were suspects
     * @param list the claim's list as it stands in Redis
     */
    Claim(Partition partition, String id, String reign, boolean suspect, List<?> list) {
        this.partition = partition;
        this.id = id;
        this.reign = reign;
        this.suspect = suspect;
        this.first = (byte[]) list.getFirst();
        list.forEach(bytes -> raw.add((byte[]) bytes));
    }

    /**
     * Reads the jobs. What nobody can read is set apart, to be buried when the claim is settled.
     *
     * @throws JobFormatException when a newer process could read one
     */
    void decode() {
        for (var bytes : raw) {
            try {
                jobs.add(JobCodec.decode(bytes));
            } catch (JobFormatException e) {
                if (e.isNewer()) {
                    throw e;
                }
                unreadable.add(bytes);
            }
        }
        raw.removeAll(unreadable); // by identity: arrays have no other equality
    }

    /** Random, used once. */
    public String id() {
        return id;
    }

    /** Oldest first; empty when all that was claimed turned out to be unreadable. */
    public List<Job> jobs() {
        return Collections.unmodifiableList(jobs);
    }

    /** Whether the job was in a claim that died before; then it is alone in this one. */
    public boolean suspect() {
        return suspect;
    }

    Partition partition() {
        return partition;
    }

    String reign() {
        return reign;
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

    /** How many bytes they are. */
    long bytes() {
        return Stream.concat(raw.stream(), unreadable.stream())
                .mapToLong(job -> job.length)
                .sum();
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
}
