package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.benchmarks.faults.Delivery.Kind;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A provider and an application that send at a steady rate, whatever happens, and send again what was not answered 2xx. A
 * few things are given up after the first try, and a few are sent twice though they were answered.
 */
final class Senders implements AutoCloseable {
    static final int ENROLLMENTS = 400;
    static final int COURSES = 40;
    private static final int FIRST_REFUSED = 2_000_000;
    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(12);
    private static final int LONGEST_REST_MILLIS = 8_000;
    private static final int MOST_UNDER_WAY = 3_000;
    private static final int MOST_REQUESTS = 200;

    private final Secrets secrets;
    private final URI ingest;
    private final Ledger ledger;
    private final SplittableRandom random;
    private final int[] courses = new int[ENROLLMENTS];
    private final Duration interval;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(3))
            .executor(threads)
            .build();
    private final Semaphore room = new Semaphore(MOST_UNDER_WAY);
    private final Semaphore connections = new Semaphore(MOST_REQUESTS);
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger underWay = new AtomicInteger();
    private final Thread clock;
    private volatile boolean stopped;

    Senders(Stack stack, Ledger ledger, int perSecond, long seed) {
        this.secrets = stack.secrets;
        this.ingest = URI.create("http://127.0.0.1:" + stack.toIngest.port());
        this.ledger = ledger;
        this.random = new SplittableRandom(seed);
        this.interval = Duration.ofSeconds(1).dividedBy(perSecond);
        this.clock = Thread.ofPlatform().daemon().name("senders").start(this::run);
    }

    /** Sends until it is answered 2xx; {@link Delivery#accepted} completes then. */
    void deliver(Delivery delivery) {
        underWay.incrementAndGet();
        threads.execute(() -> {
            try {
                deliver(delivery, false);
            } finally {
                underWay.decrementAndGet();
            }
        });
    }

    /** Begins nothing new. What is under way is sent until it is answered. */
    void stop() throws InterruptedException {
        stopped = true;
        clock.join();
    }

    int underWay() {
        return underWay.get();
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
        http.shutdownNow();
    }

    private void run() {
        long next = System.nanoTime();
        while (!stopped) {
            try {
                Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
            } catch (InterruptedException e) {
                return;
            }
            next += interval.toNanos();
            if (room.tryAcquire()) {
                begin();
            }
        }
    }

    private void begin() {
        var delivery = some();
        boolean isGivenUp = random.nextInt(100) == 0;
        boolean isSentTwice = random.nextInt(50) == 0;
        underWay.incrementAndGet();
        threads.execute(() -> {
            try {
                if (deliver(delivery, isGivenUp) && isSentTwice) {
                    deliver(delivery, false);
                }
            } finally {
                room.release();
                underWay.decrementAndGet();
            }
        });
    }

    private Delivery some() {
        int enrollment = random.nextInt(ENROLLMENTS);
        if (random.nextInt(10) == 0) {
            courses[enrollment] = random.nextInt(COURSES);
        }
        int draw = random.nextInt(1_000);
        var kind = draw < 2 ? Kind.REFUSED : draw < 40 ? Kind.DROPPED : Kind.SAVED;
        boolean waits = random.nextInt(5) == 0;
        return kind == Kind.REFUSED ? refused(waits) : ledger.add(enrollment, courses[enrollment], kind, waits);
    }

    /** Something that PostgreSQL does not take, about what nothing newer overtakes. */
    Delivery refused(boolean waits) {
        return ledger.add(FIRST_REFUSED + refusals.getAndIncrement(), COURSES, Kind.REFUSED, waits);
    }

    /** @return whether it was answered 2xx */
    private boolean deliver(Delivery delivery, boolean onlyOnce) {
        while (!threads.isShutdown()) {
            if (delivery.requests.getAndIncrement() > 0 && !delivery.isAccepted()) {
                ledger.retries.increment();
            }
            if (send(delivery)) {
                return true;
            }
            if (onlyOnce) {
                return false;
            }
            try {
                long longest = Math.min(LONGEST_REST_MILLIS, 250L << Math.min(10, delivery.requests.get()));
                Thread.sleep(ThreadLocalRandom.current().nextLong(longest / 2, longest));
            } catch (InterruptedException e) {
                return false;
            }
        }
        return false;
    }

    private String signature(String target, byte[] body) {
        var call = new FreshetSignature.Call("POST", target, "");
        return FreshetSignature.header(secrets.events(), Instant.now(), call, body);
    }

    private HttpResponse<String> ask(HttpRequest request) throws IOException, InterruptedException {
        connections.acquire();
        try {
            return http.send(request, BodyHandlers.ofString(UTF_8));
        } finally {
            connections.release();
        }
    }

    private boolean send(Delivery delivery) {
        var body = delivery.body();
        var target = delivery.waits ? "/events?wait=applied" : "/webhooks/thinkific/main";
        var request =
                HttpRequest.newBuilder(ingest.resolve(target)).timeout(PATIENCE).POST(BodyPublishers.ofByteArray(body));
        if (delivery.waits) {
            request.header(FreshetSignature.HEADER, signature(target, body));
        } else {
            request.header("X-Thinkific-Hmac-Sha256", Hmac.signHex(secrets.webhook(), new byte[0], body));
        }
        try {
            var answer = ask(request.build());
            var json = JSON.readTree(answer.body());
            var said = answer.statusCode() + " "
                    + json.path("status").asText(json.path("error").asText());
            delivery.last = said;
            ledger.answered(said);
            if (answer.statusCode() / 100 != 2) {
                return false;
            }
            if (json.path("status").asText().equals("duplicate")) {
                ledger.duplicates.increment();
            }
            boolean applied = json.path("applied").asBoolean();
            if (applied) {
                ledger.confirm(delivery);
            }
            if (delivery.answered == null) {
                delivery.answered = Instant.now();
            }
            delivery.accepted.complete(applied);
            return true;
        } catch (IOException e) {
            delivery.last = String.valueOf(e);
            ledger.answered("no answer");
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
