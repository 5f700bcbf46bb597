package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes the place of one instance of a front end: takes callbacks on loopback, verifies their signatures as a real one
 * must, and remembers what it was told. It can be told to fail, to hang, to go away and to come back.
 */
public final class StandInFrontEnd implements AutoCloseable {
    /** One confirmed call. */
    public record Call(Instant at, List<String> tags, List<String> paths, boolean everything) {}

    private record Failure(int status, Map<String, String> headers) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/api/revalidate";

    private final Consumer<String> listener;
    private final List<String> secrets;
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger received = new AtomicInteger();
    private volatile @Nullable Failure failure;
    private volatile @Nullable CountDownLatch hanging;
    private volatile String boot = "";
    private volatile boolean told;
    private volatile HttpServer server;

    private StandInFrontEnd(int port, Consumer<String> told, List<String> secrets) {
        this.listener = told;
        this.secrets = secrets;
        this.server = listen(port);
    }

    /**
     * @param port 0 for any free one
     * @param told is given one line for each confirmed call
     * @param secrets any of them may have signed
     */
    public static StandInFrontEnd start(int port, Consumer<String> told, String... secrets) {
        return new StandInFrontEnd(port, told, List.of(secrets));
    }

    /** On a free port, saying nothing. */
    public static StandInFrontEnd start(String... secrets) {
        return start(0, line -> {}, secrets);
    }

    /** Where it takes callbacks, for the catalog. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PATH);
    }

    /** The confirmed calls, oldest first. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** All tags of the confirmed calls, in order of their names. */
    public Set<String> tags() {
        return calls.stream().flatMap(call -> call.tags().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** All paths of the confirmed calls, in order of their names. */
    public Set<String> paths() {
        return calls.stream().flatMap(call -> call.paths().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** How many requests had no valid signature. */
    public int refused() {
        return refused.get();
    }

    /** How many requests came, whatever became of them. */
    public int received() {
        return received.get();
    }

    /** Says from now on which process it is, as one that has just started. */
    public void restart() {
        boot = UUID.randomUUID().toString();
        told = false;
    }

    /** Whether it was told everything since it was last restarted. */
    public boolean wasToldEverything() {
        return told;
    }

    /** Forgets what it was told. */
    public void forget() {
        calls.clear();
        refused.set(0);
        received.set(0);
    }

    /** Answers every properly signed request with this until {@link #recover}. */
    public void failWith(int status, Map<String, String> headers) {
        failure = new Failure(status, headers);
    }

    /** Answers nothing until {@link #recover}. */
    public void hang() {
        hanging = new CountDownLatch(1);
    }

    /** Answers properly again; requests that hang are answered now. */
    public void recover() {
        failure = null;
        var waiting = hanging;
        hanging = null;
        if (waiting != null) {
            waiting.countDown();
        }
    }

    /** Closes the port. */
    public void goAway() {
        server.stop(0);
    }

    /** Opens the same port again. */
    public void comeBack() {
        server = listen(server.getAddress().getPort());
    }

    @Override
    public void close() {
        recover();
        server.stop(0);
    }

    private HttpServer listen(int port) {
        try {
            var next = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
            next.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            next.createContext("/", this::handle);
            next.start();
            return next;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open port " + port + " for the stand-in front end", e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            received.incrementAndGet();
            var body = exchange.getRequestBody().readAllBytes();
            awaitRecovery();
            if (exchange.getRequestMethod().equals("GET") && !boot.isEmpty()) {
                answer(exchange, told ? 200 : 503, "{\"boot\":\"" + boot + "\",\"told\":" + told + "}");
                return;
            }
            if (!exchange.getRequestMethod().equals("POST")
                    || !exchange.getRequestURI().getPath().equals(PATH)) {
                answer(exchange, 404, "{\"error\":\"callbacks go to POST " + PATH + "\"}");
                return;
            }
            if (!isSigned(exchange.getRequestHeaders().getFirst(FreshetSignature.HEADER), body)) {
                refused.incrementAndGet();
                answer(exchange, 401, "{\"error\":\"no valid signature\"}");
                return;
            }
            var failing = failure;
            if (failing != null) {
                failing.headers().forEach(exchange.getResponseHeaders()::set);
                answer(exchange, failing.status(), "{}");
                return;
            }
            remember(JSON.readTree(body));
            answer(exchange, 200, boot.isEmpty() ? "{\"revalidated\":true}" : "{\"boot\":\"" + boot + "\"}");
        }
    }

    private void remember(JsonNode body) {
        boolean everything = body.path("everything").asBoolean();
        var call = new Call(Instant.now(), texts(body.path("tags")), texts(body.path("paths")), everything);
        calls.add(call);
        told |= everything;
        var parts = Stream.of(
                everything ? "everything" : "",
                call.tags().isEmpty() ? "" : "tags " + String.join(", ", call.tags()),
                call.paths().isEmpty() ? "" : "paths " + String.join(", ", call.paths()));
        listener.accept(parts.filter(part -> !part.isEmpty()).collect(Collectors.joining(" · ")));
    }

    private void awaitRecovery() {
        var waiting = hanging;
        if (waiting == null) {
            return;
        }
        try {
            waiting.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isSigned(@Nullable String header, byte[] body) {
        if (header == null) {
            return false;
        }
        var parts = Arrays.stream(header.split(","))
                .map(part -> part.split("=", 2))
                .filter(part -> part.length == 2)
                .toList();
        var time = parts.stream()
                .filter(part -> part[0].equals("t"))
                .map(part -> part[1])
                .findFirst()
                .orElse("");
        if (!time.matches("\\d{1,12}") || !isInWindow(Instant.ofEpochSecond(Long.parseLong(time)))) {
            return false;
        }
        return parts.stream()
                .filter(part -> part[0].equals("v1"))
                .anyMatch(part -> secrets.stream()
                        .map(secret -> Hmac.signHex(secret, (time + ".").getBytes(UTF_8), body))
                        .anyMatch(right -> MessageDigest.isEqual(right.getBytes(UTF_8), part[1].getBytes(UTF_8))));
    }

    private static boolean isInWindow(Instant at) {
        return Duration.between(at, Instant.now()).abs().compareTo(FreshetSignature.WINDOW) <= 0;
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(node -> texts.add(node.asText()));
        return List.copyOf(texts);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
