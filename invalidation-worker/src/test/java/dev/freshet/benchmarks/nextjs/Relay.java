package dev.freshet.benchmarks.nextjs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens on a free port of loopback and answers by a rule, most often with what somebody else answers. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares requests
final class Relay implements AutoCloseable {
    /** What was asked. */
    record Request(String method, URI target, Map<String, List<String>> headers, byte[] body) {
        String path() {
            return target.getPath();
        }
    }

    /** What is answered. */
    record Reply(int status, Map<String, List<String>> headers, byte[] body) {
        static Reply of(int status) {
            return new Reply(status, Map.of(), new byte[0]);
        }
    }

    /** How a request is answered. */
    interface Rule {
        /** @throws IOException is answered 502: nobody is there */
        Reply reply(Request request) throws IOException, InterruptedException;
    }

    private static final Logger log = LoggerFactory.getLogger(Relay.class);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    /** What belongs to one connection, or is set by those who send. */
    private static final Set<String> NOT_PASSED_ON =
            caseless("connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding", "upgrade");

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .executor(threads)
            .build();
    private final HttpServer server;

    static {
        // else each answer waits 40 ms for an acknowledgement that the other side delays
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    Relay() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
            server.setExecutor(threads);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on loopback", e);
        }
    }

    Relay answerBy(Rule rule) {
        server.createContext("/", exchange -> answer(exchange, rule));
        server.start();
        return this;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Asks somebody else the same and returns the answer as it came. */
    Reply pass(Request request, URI origin) throws IOException, InterruptedException {
        var copy = HttpRequest.newBuilder(origin.resolve(request.target()))
                .timeout(DEADLINE)
                .method(request.method(), BodyPublishers.ofByteArray(request.body()));
        request.headers().forEach((name, values) -> {
            if (!NOT_PASSED_ON.contains(name)) {
                values.forEach(value -> copy.header(name, value));
            }
        });
        var answer = client.send(copy.build(), BodyHandlers.ofByteArray());
        return new Reply(answer.statusCode(), answer.headers().map(), answer.body());
    }

    @Override
    public void close() {
        server.stop(0);
        client.shutdownNow();
        threads.shutdownNow();
    }

    private static void answer(HttpExchange exchange, Rule rule) throws IOException {
        try (exchange) {
            var request = new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI(),
                    exchange.getRequestHeaders(),
                    exchange.getRequestBody().readAllBytes());
            var reply = reply(request, rule);
            reply.headers().forEach((name, values) -> {
                if (!NOT_PASSED_ON.contains(name) && !name.startsWith(":")) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            boolean isEmpty = reply.body().length == 0 || "HEAD".equals(request.method());
            exchange.sendResponseHeaders(reply.status(), isEmpty ? -1 : reply.body().length);
            if (!isEmpty) {
                exchange.getResponseBody().write(reply.body());
            }
        }
    }

    private static Reply reply(Request request, Rule rule) {
        try {
            return rule.reply(request);
        } catch (IOException e) {
            return Reply.of(502);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.of(502);
        } catch (RuntimeException e) {
            log.error("{} {} could not be answered", request.method(), request.target(), e);
            return Reply.of(500);
        }
    }

    private static Set<String> caseless(String... names) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(List.of(names));
        return set;
    }
}
