package dev.freshet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Deliveries as Thinkific published them, personal values replaced: one of each topic named in {@link #TOPICS}. */
public final class Samples {
    public static final List<String> TOPICS = List.of(
            "enrollment.completed",
            "enrollment.created",
            "enrollment.progress",
            "lead.created",
            "lesson.completed",
            "order.created",
            "quiz.attempted",
            "user.signup");

    private Samples() {}

    /**
     * The body of a sample, byte for byte.
     *
     * @throws IllegalArgumentException when there is none of this topic
     */
    public static byte[] bytes(String topic) {
        try (var stream = Samples.class.getResourceAsStream("/samples/thinkific/" + topic + ".json")) {
            if (stream == null) {
                throw new IllegalArgumentException("no sample of " + topic);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the sample of " + topic, e);
        }
    }
}
