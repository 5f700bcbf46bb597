package dev.freshet.benchmarks.nextjs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** One page of a headless browser, over the DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");

    private final Path profile;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final AtomicInteger navigations = new AtomicInteger();
    private final AtomicInteger loads = new AtomicInteger();

    /**
     * Starts it with an empty page.
     *
     * @param program as {@link #find} found it
     * @param folder for its profile and its log
     */
    Chromium(Path program, Path folder) throws IOException, InterruptedException {
        profile = folder.resolve("chromium");
        Site.delete(profile);
        Files.createDirectories(profile);
        process = Programs.start(
                folder,
                folder.resolve("chromium.log"),
                Map.of("HOME", profile.toString()),
                program.toString(),
                "--headless=new",
                "--no-sandbox", // it would refuse to run as root, and meets nothing but our own pages
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-address=127.0.0.1",
                "--remote-debugging-port=0",
                "--window-size=800,600",
                "--user-data-dir=" + profile,
                "about:blank");
        try {
            socket = http.newWebSocketBuilder()
                    .connectTimeout(DEADLINE)
                    .buildAsync(page(port()), new Listener())
                    .get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            send("Page.enable", Map.of());
        } catch (ExecutionException | TimeoutException e) {
            close();
            throw new BrokenOffException("cannot talk to " + program + ": " + e);
        } catch (RuntimeException | IOException | InterruptedException e) {
            close();
            throw e;
        }
    }

    /** The browser on the PATH; empty when there is none. */
    static Optional<Path> find() {
        var folders = Stream.of(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator, -1))
                .filter(folder -> !folder.isEmpty())
                .toList();
        return NAMES.stream()
                .flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Goes to an address as somebody who types it in. Returns when the page is loaded. */
    void open(URI address) throws InterruptedException {
        int before = loads.get();
        send("Page.navigate", Map.of("url", address.toString()));
        Await.until(() -> loads.get() > before, "the browser has loaded " + address);
    }

    /** What a script returns, as text. */
    String evaluate(String script) throws InterruptedException {
        return send("Runtime.evaluate", Map.of("expression", script))
                .path("result")
                .path("value")
                .asText();
    }

    void screenshot(Path file) throws IOException, InterruptedException {
        var png = send("Page.captureScreenshot", Map.of("format", "png"))
                .path("data")
                .asText();
        Files.write(file, Base64.getDecoder().decode(png));
    }

    /** How often the page has gone anywhere, by whoever's will. */
    int navigations() {
        return navigations.get();
    }

    @Override
    public void close() throws IOException {
        Programs.kill(process);
        http.shutdownNow();
        Site.delete(profile);
    }

    private JsonNode send(String method, Map<String, Object> parameters) throws InterruptedException {
        int id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        answers.put(id, answer);
        try {
            var text = JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
            socket.sendText(text, true).get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            var message = answer.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            if (message.has("error")) {
                throw new BrokenOffException("the browser refuses " + method + ": " + message.path("error"));
            }
            return message.path("result");
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new BrokenOffException("the browser does not answer " + method + ": " + e);
        } finally {
            answers.remove(id);
        }
    }

    private void receive(String text) {
        try {
            var message = JSON.readTree(text);
            if (message.has("id")) {
                var answer = answers.get(message.path("id").asInt());
                if (answer != null) {
                    answer.complete(message);
                }
                return;
            }
            switch (message.path("method").asText()) {
                case "Page.frameNavigated" -> {
                    if (!message.path("params").path("frame").has("parentId")) {
                        navigations.incrementAndGet();
                    }
                }
                case "Page.loadEventFired" -> loads.incrementAndGet();
                default -> {
                    // of no interest
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("the browser sent no JSON", e);
        }
    }

    private int port() throws IOException, InterruptedException {
        var file = profile.resolve("DevToolsActivePort");
        Await.until(() -> !process.isAlive() || !firstLine(file).isEmpty(), "the browser has started");
        if (!process.isAlive()) {
            throw new BrokenOffException("the browser ended; " + Programs.tail(profile.resolveSibling("chromium.log")));
        }
        return Integer.parseInt(firstLine(file));
    }

    /** Empty while there is no whole line yet. */
    private static String firstLine(Path file) {
        try {
            var lines = Files.exists(file) ? Files.readAllLines(file) : List.<String>of();
            return lines.size() < 2 ? "" : lines.getFirst();
        } catch (IOException e) {
            return "";
        }
    }

    private URI page(int port) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list"))
                .timeout(DEADLINE)
                .build();
        for (var target :
                JSON.readTree(http.send(request, BodyHandlers.ofString()).body())) {
            if ("page".equals(target.path("type").asText())) {
                return URI.create(target.path("webSocketDebuggerUrl").asText());
            }
        }
        throw new BrokenOffException("the browser has no page");
    }

    /** Puts messages together and hands them over. */
    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean isLast) {
            text.append(data);
            if (isLast) {
                receive(text.toString());
                text.setLength(0);
            }
            webSocket.request(1);
            return CompletableFuture.completedStage(null);
        }
    }
}
