package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One process of the application, with a disk of its own that outlives it. */
final class Instance implements AutoCloseable {
    /** A probe is cheap; one that takes longer is none. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final String name;
    private final Site site;
    private final Path folder;
    private final Map<String, String> environment;
    private final int port = Ports.free();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Visitor visitor = new Visitor(url());
    private @Nullable Process process;

    /**
     * Not yet started.
     *
     * @param more settings beside those that every instance has
     */
    Instance(String name, Site site, Source source, Map<String, String> more) throws IOException {
        this.name = name;
        this.site = site;
        this.folder = site.copyOfBuild(name);
        this.environment = new TreeMap<>(Site.environment(source));
        environment.putAll(more);
        site.log(name + ".log");
    }

    String name() {
        return name;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Returns when it answers. */
    Instance start() throws IOException, InterruptedException {
        var log = site.output().resolve(name + ".log");
        var started = Programs.start(
                folder,
                log,
                environment,
                "node",
                site.next(),
                "start",
                "-H",
                "127.0.0.1",
                "-p",
                Integer.toString(port));
        process = started;
        Await.until(
                () -> !started.isAlive() || status("/api/revalidate") != 0,
                "instance " + name + " answers; see " + log);
        if (!started.isAlive()) {
            throw new BrokenOffException("instance " + name + " ended; " + Programs.tail(log));
        }
        return this;
    }

    /** As a crash would: at once, with nothing written any more. */
    void stop() {
        var running = process;
        if (running != null) {
            Programs.kill(running);
            process = null;
        }
    }

    /** Whether the app router says that visitors may come: it was told everything since the process started. */
    boolean isReady() {
        return status("/api/revalidate") == 200;
    }

    /** The same of the pages router. */
    boolean isReadyForPages() {
        return status("/api/revalidate-pages") == 200;
    }

    /** What a page shows now. */
    Visitor.Visit visit(Page page) {
        try {
            return visitor.visit(page);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What a page shows of a cohort now; 0 when it does not show it. */
    int number(Page page, int cohort) {
        return visit(page).number(cohort);
    }

    @Override
    public void close() {
        stop();
        visitor.close();
        http.shutdownNow();
    }

    /** What a probe answers; 0 when nobody is there. */
    private int status(String probe) {
        try {
            return http.send(
                            HttpRequest.newBuilder(url().resolve(probe))
                                    .timeout(PATIENCE)
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
