package dev.freshet.worker.frontend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.model.FreshetSignature;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One signed POST to one instance. */
final class Callback {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Nobody is left alone for longer because of what it says itself. */
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    private final HttpClient client;
    private final ExecutorService threads;
    private final Duration timeout;
    private final InstantSource clock;

    /**
     * @param threads one for each call
     * @param timeout until the answer is there as a whole
     */
    Callback(HttpClient client, ExecutorService threads, Duration timeout, InstantSource clock) {
        this.client = client;
        this.threads = threads;
        this.timeout = timeout;
        this.clock = clock;
    }

    Answer send(Instance instance, List<Turn.Due> due) throws InterruptedException {
        if (instance.secrets().isEmpty()) {
            return new Answer.Misconfigured("no secret is configured for front end " + instance.frontEnd());
        }
        var body = body(due);
        var request = HttpRequest.newBuilder(instance.address())
                .header("Content-Type", "application/json")
                .header("User-Agent", "freshet")
                .header(
                        FreshetSignature.HEADER,
                        FreshetSignature.header(instance.secrets().getFirst(), clock.instant(), body))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        // The client's own timeout ends with the headers, and an answer may stop in its middle; its sendAsync needs a
        // thread of the common pool, which others may hold.
        var answer = threads.submit(() -> client.send(request, BodyHandlers.discarding()));
        try {
            return read(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return failed("no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            return failed(reason(Objects.requireNonNullElse(e.getCause(), e)));
        } finally {
            answer.cancel(true);
        }
    }

    private Answer read(HttpResponse<?> response) {
        int status = response.statusCode();
        var error = "answered " + status;
        return switch (status) {
            case 200 -> new Answer.Confirmed();
            case 429, 503 -> new Answer.Failed(error, retryAfter(response));
            case 408 -> failed(error);
            default -> status >= 500 ? failed(error) : new Answer.Misconfigured(error);
        };
    }

    /** Seconds or a date (RFC 9110, 10.2.3); zero when there is none, or none that can be read. */
    private Duration retryAfter(HttpResponse<?> response) {
        var text = response.headers().firstValue("Retry-After").orElse("0").strip();
        try {
            var asked = text.chars().allMatch(Character::isDigit)
                    ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(
                            clock.instant(), ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME));
            return asked.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : asked;
        } catch (DateTimeException | NumberFormatException e) {
            return Duration.ZERO;
        }
    }

    private static Answer failed(String error) {
        return new Answer.Failed(error, Duration.ZERO);
    }

    private static String reason(Throwable cause) {
        var message = cause instanceof IOException ? cause.getMessage() : null;
        return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    private static byte[] body(List<Turn.Due> due) {
        var content = new LinkedHashMap<String, List<String>>();
        content.put(
                "tags", due.stream().filter(Turn.Due::isTag).map(Turn.Due::name).toList());
        content.put(
                "paths",
                due.stream().filter(d -> !d.isTag()).map(Turn.Due::name).toList());
        try {
            return JSON.writeValueAsBytes(content);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("lists of text always become JSON", e);
        }
    }
}
