package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tells front-end instances what they are owed, each one by a thread of its own, and looks again and again which
 * instances there are.
 */
public final class Caller implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    /** How long a call under way may still take when the process ends. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** How often an instance that stays is said to be there. */
    private static final Duration SAY_AGAIN = Duration.ofMinutes(1);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client;
    private final Owed owed;
    private final List<Instances> frontEnds;
    /** One for each front end, since a name may take long to resolve. */
    private final List<Loop> looks;

    private final Map<String, Joined> joined = new ConcurrentHashMap<>();
    private final Map<Instance, InstanceCaller> callers = new ConcurrentHashMap<>();
    private final Map<String, Channel> channels = new HashMap<>();
    private final Map<String, PageProof> pages = new HashMap<>();
    private final Pacing pacing;
    private final CallerOptions options;
    private final InstantSource clock;
    private final MeterRegistry metrics;
    private volatile boolean started;
    private volatile boolean closed;

    /** What Redis was told last. */
    private record Joined(Set<Instance> instances, long atNanos) {}

    /**
     * Does nothing before {@link #start} or {@link #runOnce}.
     *
     * @param frontEnds whose instances are told
     */
    public Caller(
            Owed owed,
            Collection<FrontEnd> frontEnds,
            CallerOptions options,
            InstantSource clock,
            RandomGenerator random,
            MeterRegistry metrics) {
        this(owed, frontEnds, InetAddress::getAllByName, options, clock, random, metrics);
    }

    Caller(
            Owed owed,
            Collection<FrontEnd> frontEnds,
            Reach.Resolver resolver,
            CallerOptions options,
            InstantSource clock,
            RandomGenerator random,
            MeterRegistry metrics) {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT_TIMEOUT)
                .executor(threads)
                .build();
        this.owed = owed;
        this.options = options;
        this.clock = clock;
        this.metrics = metrics;
        this.pacing = new Pacing(options, random);
        var exchange = new Exchange(client, threads, new Reach(InetAddress::getAllByName, options.reachesPrivate()));
        this.frontEnds = frontEnds.stream()
                .filter(frontEnd -> !frontEnd.instances().isEmpty())
                .map(frontEnd -> new Instances(frontEnd, resolver))
                .toList();
        this.looks = this.frontEnds.stream()
                .map(instances -> new Loop("look-" + instances.frontEnd(), options.look(), () -> look(instances)))
                .toList();
        for (var frontEnd : frontEnds) {
            if (!frontEnd.instances().isEmpty()) {
                channels.put(frontEnd.name(), Channel.of(frontEnd, exchange, options.timeout(), clock));
                frontEnd.proof()
                        .ifPresent(
                                proof -> pages.put(frontEnd.name(), new PageProof(exchange, proof, PageProof.TIMEOUT)));
            }
        }
        this.frontEnds.forEach(instances -> Gauge.builder("freshet_owed", () -> stillOwed(instances.frontEnd()))
                .description("tags and paths that instances have not confirmed yet")
                .tag("frontend", instances.frontEnd())
                .register(metrics));
        owed.whenRecorded(this::wake);
    }

    public void start() {
        started = true;
        looks.forEach(Loop::start);
    }

    /** Names of front ends that cannot be found → why. */
    public Map<String, String> troubles() {
        return frontEnds.stream()
                .filter(instances -> instances.trouble().isPresent())
                .collect(Collectors.toMap(
                        Instances::frontEnd, instances -> instances.trouble().orElse("")));
    }

    /**
     * Looks which instances there are: one that is new gets a caller, one that is gone loses it, and one that nobody has
     * seen for long is forgotten.
     *
     * @throws RedisException when Redis is away; the instances that are known go on being told
     */
    void look() {
        for (var instances : frontEnds) {
            look(instances);
        }
    }

    private Duration look(Instances instances) {
        var there = Set.copyOf(instances.look());
        join(instances.frontEnd(), there);
        meet(instances.frontEnd(), there).forEach(gone -> gone.close(PATIENCE));
        return options.look();
    }

    /** @return those that tell instances which are gone */
    private synchronized List<InstanceCaller> meet(String frontEnd, Set<Instance> there) {
        if (closed) {
            return List.of();
        }
        var gone = callersOf(frontEnd)
                .filter(caller -> !there.contains(caller.instance()))
                .toList();
        gone.forEach(caller -> callers.remove(caller.instance()));
        there.forEach(instance -> callers.computeIfAbsent(instance, this::caller));
        return gone;
    }

    /**
     * Looks which instances there are and makes at most one call to each, all at the same time, and waits for the answers.
     *
     * @return when the first of them may be told something again; zero when that is now
     */
    Duration runOnce() throws InterruptedException {
        look();
        var tasks = callers.values().stream()
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
        synchronized (this) {
            closed = true;
        }
        looks.forEach(Loop::close);
        try (var closing = Executors.newVirtualThreadPerTaskExecutor()) {
            callers.values().forEach(caller -> closing.execute(() -> caller.close(PATIENCE)));
        }
        channels.values().forEach(Channel::close);
        client.shutdownNow();
        threads.shutdownNow();
    }

    private void join(String frontEnd, Set<Instance> there) {
        var last = joined.get(frontEnd);
        boolean isSaid = last != null
                && last.instances().equals(there)
                && System.nanoTime() - last.atNanos() < SAY_AGAIN.toNanos();
        if (isSaid) {
            return;
        }
        var names = there.stream().map(Instance::name).collect(Collectors.toSet());
        var absent = new HashSet<>(owed.join(frontEnd, there));
        absent.removeAll(names);
        absent.forEach(name -> owed.forget(frontEnd, name, options.forget()));
        joined.put(frontEnd, new Joined(there, System.nanoTime()));
    }

    private InstanceCaller caller(Instance instance) {
        var frontEnd = instance.frontEnd();
        var channel = Objects.requireNonNull(channels.get(frontEnd));
        var caller = new InstanceCaller(
                owed, instance, channel, Optional.ofNullable(pages.get(frontEnd)), pacing, options, clock, metrics);
        if (started) {
            caller.start();
        }
        return caller;
    }

    private void wake(String frontEnd) {
        callersOf(frontEnd).forEach(InstanceCaller::wake);
    }

    private Stream<InstanceCaller> callersOf(String frontEnd) {
        return callers.values().stream()
                .filter(caller -> caller.instance().frontEnd().equals(frontEnd));
    }

    private double stillOwed(String frontEnd) {
        return callersOf(frontEnd).mapToInt(InstanceCaller::stillOwed).sum();
    }
}
