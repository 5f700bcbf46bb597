package dev.freshet.benchmarks.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Job;
import dev.freshet.testing.Samples;
import java.time.Instant;
import java.util.SplittableRandom;

/** The sample of {@code enrollment.created}, about 600 bytes, with ids that vary. */
final class Bodies {
    static final String TOPIC = "enrollment.created";
    /** How many courses the events are about; each is about an enrollment of its own. */
    static final int COURSES = 40;

    private static final String SITE = "main";
    private static final String SAMPLE = new String(Samples.bytes(TOPIC), UTF_8);
    private static final Instant RECEIVED = Instant.parse("2026-01-01T00:00:00Z");
    private static final long NANOS_BETWEEN = 137_931;

    private Bodies() {}

    static Job job(long number) {
        return job(number, TOPIC, body(number));
    }

    /**
     * With a trace and a time such as ingest gives them. Redis' Lua hashes a text by every twentieth byte or so: jobs that differ
     * in few digits would make its table of texts a list.
     */
    static Job job(long number, String topic, byte[] body) {
        var delivery = "%023d".formatted(number);
        var received = RECEIVED.plusNanos(number * NANOS_BETWEEN);
        var trace = Long.toHexString(new SplittableRandom(number).nextLong());
        return Job.first(Job.id(SITE, topic, delivery), SITE, topic, received, false, trace, body);
    }

    static byte[] body(long number) {
        return text(number).getBytes(UTF_8);
    }

    /** Of about as many bytes; no less than the sample has. */
    static byte[] body(long number, int bytes) {
        var text = text(number);
        int missing = bytes - text.length() - 20;
        return missing <= 0
                ? text.getBytes(UTF_8)
                : (text.substring(0, text.lastIndexOf('}')) + ",\"note\":\"" + "n".repeat(missing) + "\"}")
                        .getBytes(UTF_8);
    }

    static String text(long number) {
        return SAMPLE.replace("20180126171756020665195", "%023d".formatted(number))
                .replace("\"id\": 97472", "\"id\": " + number)
                .replace("\"course_id\": 4", "\"course_id\": " + number % COURSES)
                .replace("\"id\": 123456", "\"id\": " + (100_000 + number % 50_000));
    }
}
