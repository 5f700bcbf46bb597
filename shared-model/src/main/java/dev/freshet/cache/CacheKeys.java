package dev.freshet.cache;

import dev.freshet.model.Tag;
import io.lettuce.core.codec.CRC16;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/**
 * The names of everything the cache keeps in Redis. Keys of one bucket share one hash tag, so that an entry lies beside
 * its lease and beside the epochs of its tags also on a cluster.
 */
final class CacheKeys {
    private final String prefix;
    private final IntSupplier buckets;
    private final Pattern ours;

    CacheKeys(String prefix, int buckets) {
        this(prefix, () -> buckets);
    }

    CacheKeys(String prefix, Buckets buckets) {
        this(prefix, buckets::count);
    }

    private CacheKeys(String prefix, IntSupplier buckets) {
        this.prefix = prefix;
        this.buckets = buckets;
        this.ours = Pattern.compile(Pattern.quote(prefix) + ":\\{c:\\d+}:([eltiwmsr]):");
    }

    int buckets() {
        return buckets.getAsInt();
    }

    int bucketOf(String key) {
        int buckets = buckets();
        return buckets == 1 ? 0 : CRC16.crc16(key.getBytes(StandardCharsets.UTF_8)) % buckets;
    }

    /** The value with its header: a string that expires. */
    String entry(String key) {
        return in(bucketOf(key), 'e', key);
    }

    /** Who loads the key, and for which epochs: a string that expires. */
    String lease(String key) {
        return in(bucketOf(key), 'l', key);
    }

    /** The epoch of a tag: a string, random, never reused. */
    String epoch(int bucket, Tag tag) {
        return in(bucket, 't', tag.name());
    }

    /** The keys stored under a tag, scored by expiry: a sorted set, for re-warming and freeing, never for correctness. */
    String index(int bucket, Tag tag) {
        return in(bucket, 'i', tag.name());
    }

    /** Whose turn it is to load again what a tag had: a string that expires, in one bucket for the whole cache. */
    String turn(Tag tag) {
        return in(0, 'w', tag.name());
    }

    /** Members of a board whose scores changed: a sorted set that expires. */
    String marks(String key) {
        return in(bucketOf(key), 'm', key);
    }

    /** One build of a board: a sorted set that expires. */
    String scores(String key, String build) {
        return in(bucketOf(key), 's', build + ":" + key);
    }

    /** What the members of this build have beside their scores: a hash that expires. */
    String rows(String key, String build) {
        return in(bucketOf(key), 'r', build + ":" + key);
    }

    /**
     * A pattern for SCAN in any bucket. It may match names that only look alike: see {@link #isOurs}.
     *
     * @param kinds the letters of the kinds wanted
     * @param glob of the name within its kind
     */
    String pattern(String kinds, String glob) {
        return escape(prefix) + ":{c:*}:[" + kinds + "]:" + glob;
    }

    /** Text that a glob takes literally. */
    static String escape(String text) {
        return text.replaceAll("[\\\\*?\\[\\]^-]", "\\\\$0");
    }

    /** Whether a name in Redis is one of the cache's, and of one of these kinds. */
    boolean isOurs(String kinds, String name) {
        var matcher = ours.matcher(name);
        return matcher.lookingAt() && kinds.contains(matcher.group(1));
    }

    /** The cache's key that a name in Redis stands for; empty when it is none of this kind. */
    Optional<String> keyOf(char kind, String name) {
        var matcher = ours.matcher(name);
        return matcher.lookingAt() && matcher.group(1).charAt(0) == kind
                ? Optional.of(name.substring(matcher.end()))
                : Optional.empty();
    }

    /** What keys of one slot have in common. */
    static String hashTag(String name) {
        int open = name.indexOf("{c:");
        return name.substring(open, name.indexOf('}', open));
    }

    private String in(int bucket, char kind, String name) {
        return prefix + ":{c:" + bucket + "}:" + kind + ":" + name;
    }
}
