package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Tag;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An entry as it lies in Redis: a binary header that says by which right it is served, then the payload.
 *
 * <p>The token comes first and the two times that a sweep rewrites come next, at fixed places, so that scripts can tell
 * one fill from another and note what they saw without understanding the rest.
 *
 * @param token which fill stored it
 * @param observedAt up to when {@code lastRead} is known: accesses that Redis noticed before were not readers
 * @param runId the Redis process under which its load began
 * @param tags sorted, without doubles
 * @param epochs of the tags, in their order, as they were before the load
 * @param hotFor see {@link Lifetime}
 * @param hasGrace whether Redis keeps it longer than its soft expiry
 * @param staleAfterInvalidate see {@link Lifetime}
 */
record Stored(
        String token,
        Instant observedAt,
        String runId,
        List<Tag> tags,
        List<String> epochs,
        Duration hotFor,
        boolean hasGrace,
        boolean staleAfterInvalidate,
        Entry entry) {
    static final int TOKEN_LENGTH = 22;
    static final byte VERSION = 1;
    private static final int MAX_ORIGIN = 16_384;
    private static final int GZIPPED = 1;
    private static final int HAS_GRACE = 2;
    private static final int STALE_AFTER_INVALIDATE = 4;
    private static final int FIXED_LENGTH = TOKEN_LENGTH + 2 * Long.BYTES + 2 + Integer.BYTES + 3 * Long.BYTES + 1;

    /** @throws IllegalArgumentException when there are more tags or a longer origin than the header has room for */
    Stored {
        if (tags.size() > Tag.MOST || entry.origin().length() > MAX_ORIGIN) {
            throw new IllegalArgumentException("a cached value may have " + Tag.MOST + " tags and an origin of "
                    + MAX_ORIGIN + " characters, had " + tags.size() + " and "
                    + entry.origin().length());
        }
    }

    /** The times that stand right behind the token. */
    static byte[] stamp(Instant lastRead, Instant observedAt) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(lastRead.toEpochMilli())
                .putLong(observedAt.toEpochMilli())
                .array();
    }

    byte[] encode() {
        var texts = new ArrayList<byte[]>();
        texts.add(runId.getBytes(UTF_8));
        texts.add(entry.etag().getBytes(UTF_8));
        texts.add(entry.origin().getBytes(UTF_8));
        for (int i = 0; i < tags.size(); i++) {
            texts.add(tags.get(i).name().getBytes(UTF_8));
            texts.add(epochs.get(i).getBytes(UTF_8));
        }
        int header =
                FIXED_LENGTH + texts.stream().mapToInt(text -> 2 + text.length).sum();
        var bytes = ByteBuffer.allocate(header + entry.payload().length)
                .put(token.getBytes(UTF_8))
                .put(stamp(entry.lastRead(), observedAt))
                .put(VERSION)
                .put((byte) ((entry.gzipped() ? GZIPPED : 0)
                        | (hasGrace ? HAS_GRACE : 0)
                        | (staleAfterInvalidate ? STALE_AFTER_INVALIDATE : 0)))
                .putInt(header)
                .putLong(entry.loadedAt().toEpochMilli())
                .putLong(entry.softExpiry().toEpochMilli())
                .putLong(hotFor.toMillis())
                .put((byte) tags.size());
        texts.forEach(text -> bytes.putShort((short) text.length).put(text));
        return bytes.put(entry.payload()).array();
    }

    /** @return empty when the bytes are not whole, or of a format this version does not know: a miss */
    static Optional<Stored> decode(byte[] bytes) {
        int header = headerLength(bytes);
        return header == 0 || bytes.length < header
                ? Optional.empty()
                : Optional.of(decode(ByteBuffer.wrap(bytes), Arrays.copyOfRange(bytes, header, bytes.length)));
    }

    /** An entry without its payload. */
    static Stored decodeHeader(byte[] header) {
        return decode(ByteBuffer.wrap(header), new byte[0]);
    }

    /** How many bytes of an entry, of which at least the beginning is given, are header; 0 when that is unknown. */
    static int headerLength(byte[] bytes) {
        int version = TOKEN_LENGTH + 2 * Long.BYTES;
        return bytes.length < FIXED_LENGTH || bytes[version] != VERSION
                ? 0
                : ByteBuffer.wrap(bytes).getInt(version + 2);
    }

    private static Stored decode(ByteBuffer in, byte[] payload) {
        var token = text(in, TOKEN_LENGTH);
        var lastRead = Instant.ofEpochMilli(in.getLong());
        var observedAt = Instant.ofEpochMilli(in.getLong());
        in.get();
        int flags = in.get();
        in.getInt();
        var loadedAt = Instant.ofEpochMilli(in.getLong());
        var softExpiry = Instant.ofEpochMilli(in.getLong());
        var hotFor = Duration.ofMillis(in.getLong());
        int count = in.get();
        var runId = text(in);
        var etag = text(in);
        var origin = text(in);
        var tags = new ArrayList<Tag>(count);
        var epochs = new ArrayList<String>(count);
        for (int i = 0; i < count; i++) {
            tags.add(new Tag(text(in)));
            epochs.add(text(in));
        }
        var entry = new Entry(payload, (flags & GZIPPED) != 0, loadedAt, softExpiry, lastRead, origin, etag);
        boolean hasGrace = (flags & HAS_GRACE) != 0;
        boolean staleAfterInvalidate = (flags & STALE_AFTER_INVALIDATE) != 0;
        return new Stored(token, observedAt, runId, tags, epochs, hotFor, hasGrace, staleAfterInvalidate, entry);
    }

    private static String text(ByteBuffer in) {
        return text(in, in.getShort() & 0xffff);
    }

    private static String text(ByteBuffer in, int length) {
        var bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }
}
