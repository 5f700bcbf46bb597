package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** Cached values as anybody gets them: from {@code serve}, over HTTP. */
final class Reads {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(3))
            .build();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final URI serve;

    Reads(URI serve) {
        this.serve = serve;
    }

    /** Where the value is read that a tag, or the page of a path, shows. */
    static String path(String member) {
        var words = member.startsWith("/") ? member.substring(1).split("/", 2) : member.split(":", 2);
        return switch (words[0]) {
            case "enrollment", "enrollments" -> "/views/enrollment?id=" + words[1];
            case "note", "notes" -> "/views/note?id=" + words[1];
            case "shelf", "shelves" -> "/views/shelf?shelf=" + words[1];
            default -> "/views/course?course=" + words[1];
        };
    }

    /** Empty when it was not answered. */
    Optional<String> get(String path) {
        try {
            var request = HttpRequest.newBuilder(serve.resolve(path))
                    .timeout(PATIENCE)
                    .build();
            var answer = HTTP.send(request, BodyHandlers.ofString(UTF_8));
            return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
