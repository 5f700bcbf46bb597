package dev.freshet.ingest;

import io.javalin.http.RequestTimeoutResponse;
import io.javalin.http.ServiceUnavailableResponse;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;

/**
 * Reads the bytes of requests, cut off at the bound while they come. Nobody has signed them yet, so neither their size
 * nor their slowness may cost the process its memory.
 */
final class RequestBody {
    static final int MAX_BYTES = 1024 * 1024;
    /** Up to this size bodies cost nothing that counts: every known delivery is smaller. */
    static final int SMALL_BYTES = 8 * 1024;

    private final Duration patience;
    private final Semaphore largeOnes;
    private final InstantSource clock;

    /**
     * @param largeOnes how many bodies over {@link #SMALL_BYTES} are read at the same time
     * @param patience how long a body may take, one silence more included
     */
    RequestBody(int largeOnes, Duration patience, InstantSource clock) {
        this.patience = patience;
        this.largeOnes = new Semaphore(largeOnes);
        this.clock = clock;
    }

    /**
     * @param announced length, negative when it is not known
     * @return empty when the body is over {@link #MAX_BYTES}, whether it says so at its beginning or not
     * @throws io.javalin.http.HttpResponseException 408 when it comes too slowly, 503 when too many large ones come
     * @throws IOException when the sender stopped in the middle
     */
    Optional<byte[]> read(InputStream input, long announced) throws IOException {
        if (announced > MAX_BYTES) {
            return Optional.empty();
        }
        boolean isSmall = announced >= 0 && announced <= SMALL_BYTES;
        try {
            return isSmall ? Optional.of(small(input, (int) announced)) : growing(input);
        } catch (IOException e) {
            if (e.getCause() instanceof TimeoutException) { // silent for as long as the web server waits
                throw new RequestTimeoutResponse();
            }
            throw e;
        }
    }

    /** The web server lets no more come than was announced, and fails when less does. */
    private byte[] small(InputStream input, int announced) throws IOException {
        var end = clock.instant().plus(patience);
        var body = new byte[announced];
        int size = 0;
        while (size < announced) {
            int read = input.read(body, size, announced - size);
            if (read < 0) {
                throw new EOFException("the body is shorter than announced");
            }
            size += read;
            requireInTime(end);
        }
        return body;
    }

    private Optional<byte[]> growing(InputStream input) throws IOException {
        var end = clock.instant().plus(patience);
        var body = new ByteArrayOutputStream(); // grows with what comes: an announced length alone costs nothing
        var piece = new byte[SMALL_BYTES];
        boolean large = false;
        try {
            for (int read = input.read(piece); read >= 0; read = input.read(piece)) {
                body.write(piece, 0, read);
                if (body.size() > MAX_BYTES) {
                    return Optional.empty();
                }
                requireInTime(end);
                if (!large && body.size() > SMALL_BYTES) {
                    large = largeOnes.tryAcquire();
                    if (!large) {
                        throw new ServiceUnavailableResponse();
                    }
                }
            }
            return Optional.of(body.toByteArray());
        } finally {
            if (large) {
                largeOnes.release();
            }
        }
    }

    private void requireInTime(Instant end) {
        if (clock.instant().isAfter(end)) {
            throw new RequestTimeoutResponse();
        }
    }
}
