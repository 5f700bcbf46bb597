package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Requests with a deadline for the whole answer, of whose body no more than asked for is read. */
final class Exchange {
    private final HttpClient client;
    private final ExecutorService threads;
    private final Reach reach;

    /** @param threads one for each request */
    Exchange(HttpClient client, ExecutorService threads, Reach reach) {
        this.reach = reach;
        this.client = client;
        this.threads = threads;
    }

    /** @param body as UTF-8; its beginning, where it is longer than asked for */
    record Reply(int status, HttpHeaders headers, String body) {}

    /**
     * @param timeout until the answer is there as a whole
     * @param most bytes of the body
     * @throws IOException when there is none within the time; its message says why
     */
    Reply send(HttpRequest request, Duration timeout, int most) throws IOException, InterruptedException {
        // The client's own timeout ends with the headers, and an answer may stop in its middle; its sendAsync needs a
        // thread of the common pool, which others may hold.
        var reply = threads.submit(() -> read(request, most));
        try {
            return reply.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new IOException(reason(Objects.requireNonNullElse(e.getCause(), e)), e);
        } finally {
            reply.cancel(true);
        }
    }

    private Reply read(HttpRequest request, int most) throws IOException, InterruptedException {
        reach.require(request.uri());
        var response = client.send(request, BodyHandlers.ofInputStream());
        try (var body = response.body()) {
            return new Reply(response.statusCode(), response.headers(), new String(body.readNBytes(most), UTF_8));
        }
    }

    private static String reason(Throwable cause) {
        var message = cause instanceof IOException ? cause.getMessage() : null;
        return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
