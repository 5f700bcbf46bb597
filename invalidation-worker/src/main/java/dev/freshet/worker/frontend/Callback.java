package dev.freshet.worker.frontend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.model.FreshetSignature;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** Tells an instance by one signed POST. */
final class Callback implements Channel {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Nobody is left alone for longer because of what it says itself. */
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final int MOST_BYTES = 16 * 1024;
    private static final int LONGEST_BOOT_ID = 100;
    private static final int LONGEST_REASON = 200;

    private final Exchange exchange;
    private final Duration timeout;
    private final InstantSource clock;
    private final boolean isKit;

    /**
     * What the instance is sent.
     *
     * @param id never the same twice, so that no two calls have the same signature
     * @param everything whether every page is old
     */
    private record Call(UUID id, List<String> tags, List<String> paths, boolean everything) {
        static Call of(List<Turn.Due> due) {
            return new Call(
                    UUID.randomUUID(),
                    names(due, Turn.Due::isTag),
                    names(due, Turn.Due::isPath),
                    due.stream().anyMatch(Turn.Due::isEverything));
        }

        private static List<String> names(List<Turn.Due> due, Predicate<Turn.Due> kind) {
            return due.stream().filter(kind).map(Turn.Due::name).toList();
        }

        byte[] json() {
            try {
                return JSON.writeValueAsBytes(this);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("lists of text always become JSON", e);
            }
        }
    }

    /**
     * @param timeout until the answer is there as a whole
     * @param isKit whether the kit answers: with 200 and its boot id. Of others any 2xx confirms
     */
    Callback(Exchange exchange, Duration timeout, InstantSource clock, boolean isKit) {
        this.exchange = exchange;
        this.timeout = timeout;
        this.clock = clock;
        this.isKit = isKit;
    }

    @Override
    public Answer tell(Instance instance, List<Turn.Due> due) throws InterruptedException {
        if (instance.secrets().isEmpty()) {
            return new Answer.Misconfigured("no secret is configured for front end " + instance.frontEnd());
        }
        var body = Call.of(due).json();
        var request = HttpRequest.newBuilder(instance.address())
                .header("Content-Type", "application/json")
                .header("User-Agent", "freshet")
                .header(FreshetSignature.HEADER, FreshetSignature.header(instance.secrets(), clock.instant(), body))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        try {
            return read(exchange.send(request, timeout, MOST_BYTES));
        } catch (IOException e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public boolean canAsk() {
        return isKit;
    }

    /** By a GET of the same address, which is not signed: the answer is no secret. */
    @Override
    public Optional<String> ask(Instance instance) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(instance.address())
                .header("User-Agent", "freshet")
                .GET()
                .build();
        return boot(exchange.send(request, ASK_TIMEOUT, MOST_BYTES).body());
    }

    private Answer read(Exchange.Reply reply) {
        int status = reply.status();
        var error = "answered " + status + reason(reply.body());
        if (!isKit && status / 100 == 2) {
            return new Answer.Confirmed(Optional.empty());
        }
        return switch (status) {
            case 200 -> new Answer.Confirmed(boot(reply.body()));
            case 429, 503 -> new Answer.Failed(error, retryAfter(reply));
            case 408 -> failed(error);
            default -> status >= 500 ? failed(error) : new Answer.Misconfigured(error);
        };
    }

    /** What the answer says itself, such as the kit's sentence about a wrong secret; empty when it says nothing. */
    private static String reason(String body) {
        return text(body, "error")
                .filter(reason -> reason.chars().noneMatch(Character::isISOControl))
                .map(reason -> ": " + reason.substring(0, Math.min(reason.length(), LONGEST_REASON)))
                .orElse("");
    }

    /** The name of the process that answered; empty when it does not say. */
    static Optional<String> boot(String body) {
        return text(body, "boot").filter(boot -> boot.length() <= LONGEST_BOOT_ID);
    }

    private static Optional<String> text(String body, String field) {
        try {
            return Optional.ofNullable(JSON.readTree(body))
                    .map(json -> json.path(field).asText(""))
                    .filter(text -> !text.isEmpty());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** Seconds or a date (RFC 9110, 10.2.3); zero when there is none, or none that can be read. */
    private Duration retryAfter(Exchange.Reply reply) {
        var text = reply.headers().firstValue("Retry-After").orElse("0").strip();
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
}
