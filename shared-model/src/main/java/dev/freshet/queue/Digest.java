package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Sha256;
import java.nio.ByteBuffer;

/**
 * How {@code seen} knows an id: 64 bits of its SHA-256, in one of 4,096 buckets chosen by 12 other bits. Sets of such
 * numbers take 9 to 10 bytes an id; two of a hundred million ids meet with a probability of 1 in 15 million. Other bits
 * still choose the partition.
 *
 * @param bucket 0 to 4,095
 * @param value the member of the bucket's set
 * @param spread not negative
 */
record Digest(int bucket, long value, int spread) {

    static Digest of(String id) {
        var hash = ByteBuffer.wrap(Sha256.of(id.getBytes(UTF_8)));
        return new Digest(hash.getShort(8) & 0xfff, hash.getLong(0), hash.getInt(10) & Integer.MAX_VALUE);
    }
}
