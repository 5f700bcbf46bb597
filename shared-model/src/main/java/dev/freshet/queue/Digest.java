package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Sha256;
import java.nio.ByteBuffer;

/**
 * How {@code seen} knows an id: 64 bits of its SHA-256, in one of 65,536 buckets chosen by 16 other bits. Sets of such
 * numbers take about 9 bytes an id, as long as Redis packs them: up to 512 in each, and so 24 million in all; two of a hundred million ids meet with a probability of 1 in 15 million. Other bits
 * still choose the partition.
 *
 * @param bucket 0 to 65,535
 * @param value the member of the bucket's set
 * @param spread not negative
 */
record Digest(int bucket, long value, int spread) {

    static Digest of(String id) {
        var hash = ByteBuffer.wrap(Sha256.of(id.getBytes(UTF_8)));
        return new Digest(hash.getShort(8) & 0xffff, hash.getLong(0), hash.getInt(10) & Integer.MAX_VALUE);
    }
}
