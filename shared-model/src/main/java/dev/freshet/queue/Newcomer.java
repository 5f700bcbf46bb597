package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;

import dev.freshet.model.Job;
import java.util.List;

/**
 * A job on its way into the queue, as the enqueue script takes it.
 *
 * @param bucket of its id's digest
 * @param digest of its id
 * @param awaited its id when somebody may wait for it, else empty
 * @param job its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Newcomer(byte[] bucket, byte[] digest, byte[] awaited, byte[] job) {

    static Newcomer of(Job job) {
        var digest = Digest.of(job.id());
        return new Newcomer(
                argument(digest.bucket()),
                argument(digest.value()),
                argument(job.awaited() ? job.id() : ""),
                JobCodec.encode(job));
    }

    void addTo(List<byte[]> arguments) {
        arguments.add(bucket);
        arguments.add(digest);
        arguments.add(awaited);
        arguments.add(job);
    }
}
