package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.model.FreshetSignature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a front end, as a model of one: it keeps what it rendered until it is told that it is old, and also
 * keeps what a render under way finishes afterwards. Visitors come all the time.
 */
final class Site implements AutoCloseable {
    /** How it answers what it is told. */
    enum Mood {
        WELL,
        /** Answers when the mood changes. */
        HANGS,
        FAILS,
        /** Does as it is told, and says so after half a minute. */
        SLOW
    }

    private static final JsonMapper JSON = new JsonMapper();
    private static final Duration VISITS = Duration.ofMillis(25);
    private static final Duration SLOWNESS = Duration.ofSeconds(30);
    /** Below the longest render of the workers' settings. */
    private static final Duration LONGEST_RENDER = Duration.ofMillis(1_500);

    private final String name;
    private final String secret;
    private final Reads reads;
    private final String boot = UUID.randomUUID().toString();
    private final Map<String, String> pages = new ConcurrentHashMap<>();
    private final Map<String, Instant> told = new ConcurrentHashMap<>();
    private final AtomicInteger refused = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Object mooded = new Object();
    private volatile Instant toldEverything = Instant.EPOCH;
    private volatile Mood mood = Mood.WELL;
    private volatile HttpServer server;
    private volatile boolean isClosed;

    Site(String name, String secret, URI reads) {
        this.name = name;
        this.secret = secret;
        this.reads = new Reads(reads);
        this.server = listen(0);
        Thread.ofVirtual().name(name).start(this::visit);
    }

    String name() {
        return name;
    }

    int port() {
        return server.getAddress().getPort();
    }

    void become(Mood next) {
        synchronized (mooded) {
            mood = next;
            mooded.notifyAll();
        }
    }

    /** Closes its port. */
    void goAway() {
        server.stop(0);
    }

    void comeBack() {
        server = listen(server.getAddress().getPort());
    }

    /** When it was last told of a tag or a path; the beginning of time when never. */
    Instant told(String member) {
        var one = told.getOrDefault(member, Instant.EPOCH);
        return one.isAfter(toldEverything) ? one : toldEverything;
    }

    /** What it shows now, by the tag or the path that makes it old. */
    Map<String, String> pages() {
        return Map.copyOf(pages);
    }

    /** Calls without a valid signature. */
    int refused() {
        return refused.get();
    }

    @Override
    public void close() {
        isClosed = true;
        become(Mood.WELL);
        server.stop(0);
        threads.shutdownNow();
    }

    private void visit() {
        while (!isClosed) {
            var random = ThreadLocalRandom.current();
            var member = switch (random.nextInt(8)) {
                case 0 -> "enrollment:" + random.nextInt(Senders.ENROLLMENTS);
                case 1 -> "course:" + random.nextInt(Senders.COURSES);
                case 2 -> "/enrollments/" + random.nextInt(Senders.ENROLLMENTS);
                case 3 -> "note:" + random.nextInt(Writer.NOTES);
                case 4 -> "shelf:" + random.nextInt(Writer.SHELVES);
                case 5 -> "/notes/" + random.nextInt(Writer.NOTES);
                case 6 -> "/shelves/" + random.nextInt(Writer.SHELVES);
                default -> "/courses/" + random.nextInt(Senders.COURSES);
            };
            if (!pages.containsKey(member)) {
                threads.execute(() -> render(member));
            }
            try {
                Thread.sleep(VISITS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void render(String member) {
        long start = System.nanoTime();
        var value = reads.get(Reads.path(member));
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(200));
        } catch (InterruptedException e) {
            return;
        }
        if (value.isPresent() && System.nanoTime() - start < LONGEST_RENDER.toNanos()) {
            pages.put(member, value.get());
        }
    }

    private HttpServer listen(int port) {
        try {
            var next = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
            next.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            next.createContext("/", this::handle);
            next.start();
            return next;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open the port of " + name, e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            if (!await(mood)) {
                return;
            }
            if (mood == Mood.FAILS) {
                answer(exchange, 500, "{}");
            } else if (exchange.getRequestMethod().equals("GET")) {
                answer(exchange, 200, "{\"boot\":\"" + boot + "\",\"told\":true}");
            } else if (!isSigned(exchange.getRequestHeaders().getFirst(FreshetSignature.HEADER), body)) {
                refused.incrementAndGet();
                answer(exchange, 401, "{\"error\":\"no valid signature\"}");
            } else {
                obey(body);
                if (mood == Mood.SLOW) {
                    Thread.sleep(SLOWNESS);
                }
                answer(exchange, 200, "{\"boot\":\"" + boot + "\"}");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean await(Mood now) throws InterruptedException {
        if (now == Mood.HANGS) {
            synchronized (mooded) {
                while (mood == Mood.HANGS) {
                    mooded.wait();
                }
            }
        }
        return !isClosed;
    }

    private void obey(byte[] body) throws IOException {
        var call = JSON.readTree(body);
        if (call.path("everything").asBoolean()) {
            pages.clear();
            toldEverything = Instant.now();
        }
        for (var list : new String[] {"tags", "paths"}) {
            call.path(list).forEach(member -> {
                pages.remove(member.asText());
                told.put(member.asText(), Instant.now());
            });
        }
    }

    /** As the kit does: within the window, and by the secret. */
    private boolean isSigned(@Nullable String header, byte[] body) {
        if (header == null || !header.matches("t=\\d{1,12},v1=\\p{XDigit}{64}")) {
            return false;
        }
        var at = Instant.ofEpochSecond(Long.parseLong(header.substring(2, header.indexOf(','))));
        boolean isNow = Duration.between(at, Instant.now()).abs().compareTo(FreshetSignature.WINDOW) <= 0;
        return isNow && header.equals(FreshetSignature.header(secret, at, body));
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
