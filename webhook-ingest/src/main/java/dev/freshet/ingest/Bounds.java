package dev.freshet.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * What nobody may exceed, whoever they are: header fields of one request, requests under way in the whole process, and the
 * time until a request's head is there. The web server itself only notices who is silent; one who sends a byte now and then
 * would keep a connection for hours.
 */
final class Bounds extends Handler.Wrapper implements Connection.Listener {
    static final int MAX_FIELDS = 100;

    private static final long UNDER_WAY = Long.MAX_VALUE;
    private static final Answer BUSY = Answer.error(
                    503, "busy", "too many requests are under way here; send it again shortly")
            .retryAfter(Duration.ofSeconds(1));

    private final int maxRequests;
    private final Duration patience;
    private final LongSupplier nanoTime;
    private final Consumer<Answer> seen;
    private final Counter cut;
    private final AtomicInteger requests = new AtomicInteger();
    /** Since when the next request of a connection is awaited. */
    private final Map<Connection, Long> awaited = new ConcurrentHashMap<>();

    /**
     * @param maxRequests under way at a time; those for the health do not count
     * @param patience how long a head may take from the beginning of the connection or the last answer
     * @param seen is told of each answer given here
     */
    Bounds(int maxRequests, Duration patience, LongSupplier nanoTime, Consumer<Answer> seen, MeterRegistry meters) {
        this.maxRequests = maxRequests;
        this.patience = patience;
        this.nanoTime = nanoTime;
        this.seen = seen;
        this.cut = Counter.builder("freshet.connections.cut")
                .description("connections that were closed since no whole request came in time")
                .register(meters);
        Gauge.builder("freshet.requests", requests, AtomicInteger::get)
                .description("requests under way now")
                .register(meters);
        Gauge.builder("freshet.connections", awaited, Map::size)
                .description("open connections")
                .register(meters);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        var connection = request.getConnectionMetaData().getConnection();
        awaited.replace(connection, UNDER_WAY);
        Request.addCompletionListener(request, failure -> awaited.replace(connection, nanoTime.getAsLong()));
        if (request.getHeaders().size() > MAX_FIELDS) {
            return refuse(response, callback, ErrorPages.answer(431));
        }
        var path = Request.getPathInContext(request);
        if (path == null || !path.startsWith("/")) { // else the web server redirects, to where the sender says
            return refuse(response, callback, ErrorPages.answer(400));
        }
        if (path.startsWith("/health")) {
            return super.handle(request, response, callback);
        }
        Request.addCompletionListener(request, failure -> requests.decrementAndGet());
        return requests.incrementAndGet() > maxRequests
                ? refuse(response, callback, BUSY)
                : super.handle(request, response, callback);
    }

    private boolean refuse(Response response, Callback callback, Answer answer) {
        seen.accept(answer);
        response.setStatus(answer.status());
        response.getHeaders().put(ErrorPages.JSON);
        answer.retryAfter()
                .ifPresent(wait -> response.getHeaders().put(HttpHeader.RETRY_AFTER, String.valueOf(wait.toSeconds())));
        Content.Sink.write(response, true, answer.json(), callback);
        return true;
    }

    @Override
    public void onOpened(Connection connection) {
        awaited.put(connection, nanoTime.getAsLong());
    }

    @Override
    public void onClosed(Connection connection) {
        awaited.remove(connection);
    }

    /** How many requests are under way. */
    int requests() {
        return requests.get();
    }

    /** Goes on until the scheduler stops. */
    void watch(Scheduler scheduler) {
        scheduler.schedule(
                () -> {
                    runOnce();
                    watch(scheduler);
                },
                patience.dividedBy(4));
    }

    /** Closes the connections whose next request has taken too long. */
    void runOnce() {
        long now = nanoTime.getAsLong();
        awaited.forEach((connection, since) -> {
            if (since != UNDER_WAY && now - since > patience.toNanos()) {
                cut.increment();
                connection.getEndPoint().close();
            }
        });
    }
}
