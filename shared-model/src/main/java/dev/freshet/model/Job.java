package dev.freshet.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The unit of work in the queue: one delivery as it came, with what is known about it. The body is never copied and
 * must not be changed by whoever holds it.
 *
 * @param id unique per accepted delivery, see {@link #id(String, String, String)}
 * @param site the site of the catalog that sent it
 * @param topic what happened, such as {@code enrollment.created}
 * @param receivedAt when the service accepted it, by the service's clock
 * @param awaited whether somebody may wait for its outcome (changes of the application itself)
 * @param trace an id that log lines of all processes share
 * @param attempts the failed tries so far, oldest first
 * @param body the delivery's bytes, untouched
 */
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode below look into the body
public record Job(
        String id,
        String site,
        String topic,
        Instant receivedAt,
        boolean awaited,
        String trace,
        List<Attempt> attempts,
        byte[] body) {

    public static final int MAX_ID_LENGTH = 256;

    /** The site of changes that the database itself wrote down. */
    public static final String CAPTURE = "capture";

    /** @throws IllegalArgumentException when the id is empty, too long or holds a control character */
    public Job {
        attempts = List.copyOf(attempts);
        if (id.isEmpty() || id.length() > MAX_ID_LENGTH || Text.hasControlCharacter(id)) {
            throw new IllegalArgumentException("a job id must be 1 to " + MAX_ID_LENGTH
                    + " characters without control characters, was one of " + id.length());
        }
    }

    /** A job that was not tried yet. */
    public static Job first(
            String id, String site, String topic, Instant receivedAt, boolean awaited, String trace, byte[] body) {
        return new Job(id, site, topic, receivedAt, awaited, trace, List.of(), body);
    }

    /**
     * The id under which a delivery is known everywhere. Site and topic belong to it because providers number per
     * topic: two published Thinkific samples of different topics carry the same {@code id}.
     */
    public static String id(String site, String topic, String deliveryId) {
        return site + ":" + topic + ":" + deliveryId;
    }

    /** Whether the database itself wrote down what changed. */
    public boolean isCaptured() {
        return site.equals(CAPTURE);
    }

    /** Which try the next one is, counted from 1 and anew after a replay. */
    public int attempt() {
        return attempts.size() - lastReplay();
    }

    /** How often it was tried and failed, before replays too. */
    public int failures() {
        return (int) attempts.stream().filter(attempt -> !attempt.isReplay()).count();
    }

    /** Since when it is tried: received, or last replayed. */
    public Instant triedSince() {
        int replay = lastReplay();
        return replay < 0 ? receivedAt : attempts.get(replay).at();
    }

    private int lastReplay() {
        int at = attempts.size() - 1;
        while (at >= 0 && !attempts.get(at).isReplay()) {
            at--;
        }
        return at;
    }

    /** This job with one more failed try behind it. */
    public Job failed(Attempt attempt) {
        var all = new ArrayList<>(attempts);
        all.add(attempt);
        return new Job(id, site, topic, receivedAt, awaited, trace, all, body);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Job job
                && id.equals(job.id)
                && site.equals(job.site)
                && topic.equals(job.topic)
                && receivedAt.equals(job.receivedAt)
                && awaited == job.awaited
                && trace.equals(job.trace)
                && attempts.equals(job.attempts)
                && Arrays.equals(body, job.body);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, topic);
    }

    /** Names the job without its body, which may hold personal data. */
    @Override
    public String toString() {
        return "job " + id + " attempt " + attempt();
    }
}
