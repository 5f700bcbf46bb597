package dev.freshet.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Counts each request's outcome and writes its one line. Neither holds bodies, ids, signatures or secrets. */
final class Outcomes {
    private static final Logger log = LoggerFactory.getLogger(Outcomes.class);

    private final MeterRegistry meters;
    private final Timer answered;
    /** By outcome: finding one in the registry costs more than counting. */
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();

    Outcomes(MeterRegistry meters) {
        this.meters = meters;
        this.answered = Timer.builder("freshet.ingest.answer")
                .description("from the verified request to the durable answer")
                .serviceLevelObjectives(Stream.of(1, 5, 25, 100, 500, 2_000)
                        .map(Duration::ofMillis)
                        .toArray(Duration[]::new))
                .register(meters);
    }

    /**
     * A signed delivery was answered.
     *
     * @param known whether the catalog says what the topic does; if not, it ends as ignored
     */
    void delivery(Delivery delivery, String topic, boolean known, Answer answer, Duration took) {
        count(answer);
        answered.record(took);
        if (!known) {
            Counter.builder("freshet.unknown.topics")
                    .description("deliveries of topics that the catalog says nothing about")
                    .register(meters)
                    .increment();
        }
        log.atLevel(answer.status() >= 500 ? Level.WARN : Level.INFO)
                .log(
                        "delivery outcome={} status={} site={} topic={} known={} trace={} bytes={} ms={}",
                        answer.outcome(),
                        answer.status(),
                        delivery.site().name(),
                        topic,
                        known,
                        delivery.trace(),
                        delivery.body().length,
                        millis(took));
    }

    /**
     * A request was not let in.
     *
     * @param route the pattern that its path matched, never the path: a sender chooses that, and may write anything there
     */
    void refusal(Answer answer, String route, String address) {
        count(answer);
        // who is told to wait may well not; the first refusals were enough to read
        log.atLevel(answer.status() == 429 ? Level.DEBUG : Level.INFO)
                .log(
                        "refused outcome={} status={} route={} address={}",
                        answer.outcome(),
                        answer.status(),
                        route,
                        address);
    }

    /** For an answer that needs no line: the web server's own to what is no request. */
    void count(Answer answer) {
        counters.computeIfAbsent(answer.outcome(), this::counter).increment();
    }

    private Counter counter(String outcome) {
        return Counter.builder("freshet.deliveries")
                .description("requests by how they were answered")
                .tag("outcome", outcome)
                .register(meters);
    }

    /** With three digits after the point; {@code String.format} would cost more than all else of the line. */
    private static String millis(Duration took) {
        long micros = (took.toNanos() + 500) / 1_000;
        var rest = String.valueOf(1_000 + micros % 1_000);
        return micros / 1_000 + "." + rest.substring(1);
    }
}
