package dev.freshet.worker.frontend;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Tells front-end instances what they are owed, each one by a thread of its own. */
public final class Caller implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    /** How long a call under way may still take when the process ends. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client;
    private final Map<String, List<InstanceCaller>> byFrontEnd;

    /** Does nothing before {@link #start} or {@link #runOnce}. */
    public Caller(
            Owed owed, CallerOptions options, InstantSource clock, RandomGenerator random, MeterRegistry metrics) {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT_TIMEOUT)
                .executor(threads)
                .build();
        var callback = new Callback(new Exchange(client, threads), options.timeout(), clock);
        var pacing = new Pacing(options, random);
        this.byFrontEnd = owed.instances().all().stream()
                .map(instance -> new InstanceCaller(owed, instance, callback, pacing, options, metrics))
                .collect(Collectors.groupingBy(InstanceCaller::frontEnd));
        byFrontEnd.forEach((frontEnd, callers) -> Gauge.builder("freshet_owed", callers, Caller::stillOwed)
                .description("tags and paths that instances have not confirmed yet")
                .tag("frontend", frontEnd)
                .register(metrics));
        owed.whenRecorded(this::wake);
    }

    public void start() {
        all().forEach(InstanceCaller::start);
    }

    /**
     * Makes at most one call to each instance, all at the same time, and waits for the answers.
     *
     * @return when the first of them may be told something again; zero when that is now
     */
    Duration runOnce() throws InterruptedException {
        var tasks = all().stream()
                .map(caller -> (Callable<Duration>) caller::runOnce)
                .toList();
        var waits = new ArrayList<Duration>();
        try {
            for (var result : threads.invokeAll(tasks)) {
                waits.add(result.get());
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
        }
        return waits.stream().min(Duration::compareTo).orElse(Duration.ZERO);
    }

    /** Lets calls under way end for two seconds; what is not confirmed then stays owed. */
    @Override
    public void close() {
        try (var closing = Executors.newVirtualThreadPerTaskExecutor()) {
            all().forEach(caller -> closing.execute(() -> caller.close(PATIENCE)));
        }
        client.shutdownNow();
        threads.shutdownNow();
    }

    private void wake(String frontEnd) {
        byFrontEnd.getOrDefault(frontEnd, List.of()).forEach(InstanceCaller::wake);
    }

    private List<InstanceCaller> all() {
        return byFrontEnd.values().stream().flatMap(List::stream).toList();
    }

    private static double stillOwed(List<InstanceCaller> callers) {
        return callers.stream().mapToInt(InstanceCaller::stillOwed).sum();
    }
}
