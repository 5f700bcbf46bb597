package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import dev.freshet.queue.DeadLetter.Body;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * What Redis tells of a dead letter without its body. Of a letter whose body stands elsewhere Redis has a stub,
 * {@code ID LF moved SIZE DIGEST LF header LF}; no job looks like that, so nobody takes one for a job without body.
 *
 * @param bytes by which a script knows that the letter has not changed
 * @param moved where the body is; empty when it follows in Redis
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Head(DeadLetter letter, byte[] bytes, Optional<BodyStore.Key> moved) {
    private static final String MARK = "moved ";

    /** @param follows how many bytes of body follow the head in Redis */
    static Head read(byte[] head, long follows, Instant at) {
        int second = lineAfter(head, 0);
        var line = new String(head, second, lineAfter(head, second) - second, UTF_8);
        if (!line.startsWith(MARK)) {
            var letter = new DeadLetter(JobCodec.decode(head), at, follows, Body.IN_REDIS);
            return new Head(letter, head, Optional.empty());
        }
        var words = line.strip().split(" ", -1);
        var job = JobCodec.decode(without(head, second, second + line.length()));
        var letter = new DeadLetter(job, at, Long.parseLong(words[1]), Body.MOVED);
        return new Head(letter, head, Optional.of(new BodyStore.Key(job.id(), words[2])));
    }

    /** What takes the place of a letter in Redis when its body stands elsewhere. */
    static byte[] stub(Job job) {
        var head = JobCodec.encode(withBody(job, new byte[0]));
        int second = lineAfter(head, 0);
        var line = (MARK + job.body().length + " " + Sha256.hex(job.body()) + "\n").getBytes(UTF_8);
        var stub = new byte[head.length + line.length];
        System.arraycopy(head, 0, stub, 0, second);
        System.arraycopy(line, 0, stub, second, line.length);
        System.arraycopy(head, second, stub, second + line.length, head.length - second);
        return stub;
    }

    static BodyStore.Key key(Job job) {
        return new BodyStore.Key(job.id(), Sha256.hex(job.body()));
    }

    static Job withBody(Job job, byte[] body) {
        return new Job(
                job.id(), job.site(), job.topic(), job.receivedAt(), job.awaited(), job.trace(), job.attempts(), body);
    }

    String id() {
        return letter.job().id();
    }

    /** @param body empty when it cannot be had */
    DeadLetter whole(Optional<byte[]> body) {
        return body.map(bytes -> new DeadLetter(withBody(letter.job(), bytes), letter.at(), bytes.length, Body.READ))
                .orElse(letter);
    }

    /** The body of the letter as Redis holds it; empty when it is another letter by now. */
    Optional<byte[]> bodyOf(byte[] stored) {
        return stored.length >= bytes.length && Arrays.equals(bytes, 0, bytes.length, stored, 0, bytes.length)
                ? Optional.of(Arrays.copyOfRange(stored, bytes.length, stored.length))
                : Optional.empty();
    }

    private static byte[] without(byte[] bytes, int from, int to) {
        var rest = Arrays.copyOf(bytes, bytes.length - (to - from));
        System.arraycopy(bytes, to, rest, from, bytes.length - to);
        return rest;
    }

    private static int lineAfter(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        throw JobFormatException.broken("it has no header");
    }
}
