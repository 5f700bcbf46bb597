package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/** Asks for pages, as a browser would. */
final class Visitor implements AutoCloseable {
    /**
     * What came back.
     *
     * @param numbers by cohort
     * @param answeredBy the instance's name behind the {@link Proxy}; empty without one
     * @param isCached whether Next.js had the page
     */
    record Visit(Map<Integer, Integer> numbers, String answeredBy, boolean isCached) {
        int number(int cohort) {
            return numbers.getOrDefault(cohort, 0);
        }
    }

    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final URI origin;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Visitor(URI origin) {
        this.origin = origin;
    }

    /** @throws BrokenOffException when there is no page with numbers */
    Visit visit(Page page) throws InterruptedException {
        var request = HttpRequest.newBuilder(origin.resolve(page.path()))
                .timeout(DEADLINE)
                .build();
        try {
            var answer = http.send(request, BodyHandlers.ofString());
            var numbers = Page.numbers(answer.body());
            if (answer.statusCode() != 200 || numbers.isEmpty()) {
                throw new BrokenOffException("GET " + request.uri() + " answered " + answer.statusCode()
                        + (numbers.isEmpty() ? " without numbers" : ""));
            }
            return new Visit(
                    numbers,
                    answer.headers().firstValue(Proxy.ANSWERED_BY).orElse(""),
                    answer.headers().firstValue("x-nextjs-cache").stream().anyMatch("HIT"::equals));
        } catch (IOException e) {
            throw new BrokenOffException("GET " + request.uri() + " failed: " + e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
