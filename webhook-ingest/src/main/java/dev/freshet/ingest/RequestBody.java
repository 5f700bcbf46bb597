package dev.freshet.ingest;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Optional;

/** The bytes of a request, cut off at the bound while they come. */
final class RequestBody {
    static final int MAX_BYTES = 1024 * 1024;

    private RequestBody() {}

    /**
     * @return empty when the body is over {@link #MAX_BYTES}, whether it says so at its beginning or not
     * @throws IOException when the sender stopped in the middle
     */
    static Optional<byte[]> read(HttpServletRequest request) throws IOException {
        long announced = request.getContentLengthLong();
        if (announced > MAX_BYTES) {
            return Optional.empty();
        }
        // the buffer grows with what comes: an announced length alone costs nothing
        int most = announced < 0 ? MAX_BYTES + 1 : (int) announced;
        var bytes = request.getInputStream().readNBytes(most);
        return bytes.length > MAX_BYTES ? Optional.empty() : Optional.of(bytes);
    }
}
