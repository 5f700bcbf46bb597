package dev.freshet.benchmarks.nextjs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.ingest.Ingest;
import dev.freshet.model.FreshetSignature;
import dev.freshet.settings.Settings;
import dev.freshet.worker.ServeProcess;
import dev.freshet.worker.WorkerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Freshet's processes in this JVM, with keys of their own, and what one may ask them from outside. */
final class Freshet implements AutoCloseable {
    static final String REVALIDATE_SECRET = "benchmark-revalidate-secret";
    private static final String EVENTS_SECRET = "benchmark-events-secret";
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final Map<String, String> environment = new HashMap<>();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Ingest ingest;
    private final ServeProcess serve;
    private @Nullable WorkerProcess worker;

    /** Ingest and serve; the worker is started by {@link #work}. */
    Freshet(Services services) {
        environment.putAll(services.settings());
        environment.putAll(Map.of(
                "REDIS_KEY_PREFIX", "bench-" + UUID.randomUUID().toString().substring(0, 8),
                "EVENTS_SECRET", EVENTS_SECRET,
                "REVALIDATE_SECRET", REVALIDATE_SECRET,
                "INGEST_HOST", LOOPBACK,
                "INGEST_PORT", freePort(),
                "SERVE_HOST", LOOPBACK,
                "SERVE_PORT", freePort(),
                "WORKER_HOST", LOOPBACK,
                "WORKER_PORT", freePort()));
        serve = ServeProcess.start(new Settings(environment));
        try {
            ingest = Ingest.start(new Settings(environment));
        } catch (RuntimeException e) {
            serve.close();
            throw e;
        }
    }

    /** Starts a worker with these settings, instead of the one before. */
    void work(Map<String, String> settings) {
        var running = worker;
        if (running != null) {
            running.close();
        }
        var all = new HashMap<>(environment);
        all.putAll(settings);
        worker = WorkerProcess.start(new Settings(all));
    }

    /** Where the cached reads are. */
    URI reads() {
        return at(serve.port());
    }

    /** What serve says of its views. */
    String views() {
        return get(reads().resolve("/views"));
    }

    /**
     * Delivers an event. Returns when it is safe, which is before it is applied.
     *
     * @param value greater than all that the cohort had before
     */
    void send(int cohort, int value) {
        var body = "{\"topic\":\"counter.set\",\"payload\":{\"cohort\":%d,\"value\":%d}}"
                .formatted(cohort, value)
                .getBytes(UTF_8);
        var signature = FreshetSignature.header(EVENTS_SECRET, Instant.now(), body);
        request(HttpRequest.newBuilder(at(ingest.port()).resolve("/events"))
                .header(FreshetSignature.HEADER, signature)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    /**
     * The sum of a metric of the worker over all that match.
     *
     * @param labels that must all be there, such as {@code place="dead"}
     */
    double metric(String name, String... labels) {
        var running = worker;
        if (running == null) {
            throw new IllegalStateException("no worker was started");
        }
        return get(at(running.port()).resolve("/metrics"))
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> java.util.Arrays.stream(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() {
        var running = worker;
        if (running != null) {
            running.close();
        }
        ingest.close();
        serve.close();
        http.close();
    }

    private String get(URI uri) {
        return request(HttpRequest.newBuilder(uri));
    }

    private String request(HttpRequest.Builder builder) {
        var request = builder.timeout(DEADLINE).build();
        try {
            var answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new BrokenOffException(request.method() + " " + request.uri() + " answered " + answer.statusCode()
                        + ": " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new BrokenOffException(request.method() + " " + request.uri() + " failed: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static URI at(int port) {
        return URI.create("http://" + LOOPBACK + ":" + port);
    }

    private static String freePort() {
        return Integer.toString(Ports.free());
    }
}
