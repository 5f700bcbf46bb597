package dev.freshet.worker.story;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.catalog.Story;
import dev.freshet.model.Tag;
import dev.freshet.worker.dev.App;
import dev.freshet.worker.dev.Stage;
import dev.freshet.worker.frontend.StandInFrontEnd.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody but a program that speaks SQL writes, and a page that was rendered before is fresh. */
class CapturePageIT {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String RUNS = "/api/runs?userId=7";

    /** A page of a front end: rendered once, kept, and rendered anew after the front end was told that a tag of it is old. */
    private final class Page implements AutoCloseable {
        private final HttpServer server;
        private final List<String> tags;
        private @Nullable String kept;
        private int calls;
        private int renders;

        Page(List<String> tags) throws IOException {
            this.tags = tags;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/runs/7", this::answer);
            server.start();
        }

        private synchronized void answer(HttpExchange exchange) throws IOException {
            try (exchange) {
                var told = stage.frontEnd().calls();
                if (kept == null || told.subList(calls, told.size()).stream().anyMatch(this::isOfIt)) {
                    kept = "<h1>Her runs</h1><pre>" + body(stage.reads(RUNS)) + "</pre>";
                    renders++;
                }
                calls = told.size();
                var html = kept.getBytes(UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                exchange.sendResponseHeaders(200, html.length);
                exchange.getResponseBody().write(html);
            }
        }

        private boolean isOfIt(Call call) {
            return call.everything() || call.tags().stream().anyMatch(tags::contains);
        }

        String read() {
            return body(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/runs/7"));
        }

        synchronized int renders() {
            return renders;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private final Stage stage = Stage.ofTests(Story.read("club"), Map.of("CALLBACK_LONGEST_RENDER", "100ms"));
    private final App app = new App(stage);

    @AfterEach
    void close() {
        app.close();
        stage.close();
    }

    @Test
    void aPageBecomesFreshAfterAnInsertThatTellsNobody() throws Exception {
        var view = Objects.requireNonNull(app.catalog().views().get("runs"));
        var tags = view.tags(view.parse(Map.of("userId", "7"))).stream()
                .map(Tag::name)
                .toList();
        try (var page = new Page(tags)) {
            await().atMost(DEADLINE).until(app::isQuiet);
            assertThat(page.read()).doesNotContain("17.25");
            int renders = page.renders();
            assertThat(page.read()).isEqualTo(page.read());
            assertThat(page.renders()).as("it is kept").isEqualTo(renders);

            write("insert into runs (user_id, km, seconds, run_on) values (7, 17.25, 5400, current_date)");

            await().atMost(DEADLINE).until(() -> page.read().contains("17.25"));
            await().atMost(DEADLINE).until(app::isQuiet);
            page.read(); // also what the second call of the same change says is rendered now
            int fresh = page.renders();
            write("insert into runs (user_id, km, seconds, run_on) values (8, 3.5, 1200, current_date)");
            await().atMost(DEADLINE)
                    .until(() -> body(stage.reads("/api/runs?userId=8")).contains("3.5"));
            await().atMost(DEADLINE).until(app::isQuiet);
            page.read();
            assertThat(page.renders()).as("another's run is none of its tags").isEqualTo(fresh);
        }
    }

    /** By psql where there is one, else as psql would. */
    private void write(String sql) throws InterruptedException {
        try {
            var database = stage.database().toString();
            var psql = new ProcessBuilder("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, database)
                    .inheritIO()
                    .start();
            assertThat(psql.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(psql.exitValue()).isZero();
        } catch (IOException e) { // it is not installed
            app.sql(sql);
        }
    }

    private static String body(URI uri) {
        try {
            return HTTP.send(HttpRequest.newBuilder(uri).timeout(DEADLINE).build(), BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
