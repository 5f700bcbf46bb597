package dev.freshet.cache;

import dev.freshet.model.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A cached value. The payload is as it was stored and must not be changed by whoever holds it.
 *
 * @param payload compressed when {@code gzipped}
 * @param gzipped whether the payload is gzip
 * @param loadedAt a moment before its data was read, by Redis' clock
 * @param softExpiry when it stops being a hit
 * @param lastRead when a reader is known to have last asked for it
 * @param origin what loads it again; opaque to the cache
 * @param etag 16 hexadecimal digits that name the uncompressed content
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Entry(
        byte[] payload,
        boolean gzipped,
        Instant loadedAt,
        Instant softExpiry,
        Instant lastRead,
        String origin,
        String etag) {

    /** Makes the entry for a value that was just loaded, compressed when that is worth it. */
    public static Entry of(
            byte[] content, Instant loadedAt, Lifetime lifetime, Instant lastRead, String origin, int gzipFrom) {
        boolean gzipped = content.length >= gzipFrom;
        return new Entry(
                gzipped ? gzip(content) : content,
                gzipped,
                loadedAt,
                loadedAt.plus(lifetime.ttl()),
                lastRead,
                origin,
                Sha256.hex(content).substring(0, 16));
    }

    /** The value as it was loaded. */
    public byte[] content() {
        if (!gzipped) {
            return payload;
        }
        try (var stream = new GZIPInputStream(new ByteArrayInputStream(payload))) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack a cached value of " + payload.length + " bytes", e);
        }
    }

    private static byte[] gzip(byte[] content) {
        var bytes = new ByteArrayOutputStream(content.length / 4 + 64);
        try (var stream = new GZIPOutputStream(bytes)) {
            stream.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Names the entry without its payload and origin, which may hold personal data. */
    @Override
    public String toString() {
        return "entry " + etag + " of " + payload.length + " bytes loaded at " + loadedAt;
    }
}
