package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.queue.DeadLetter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A dead letter as commands print it. */
record LetterText(DeadLetter letter) {

    static String count(long letters) {
        return letters == 1 ? "1 dead letter" : letters == 0 ? "no dead letter" : letters + " dead letters";
    }

    static String unknown(String id) {
        return "there is no dead letter " + id;
    }

    /** Why a letter has no body here. */
    static String bodyMissing(String id, boolean hasDatabase) {
        return "the body of " + id + " was moved to PostgreSQL, "
                + (hasDatabase
                        ? "and the database that DATABASE_URL names does not have it; is it the workers' database?"
                        : "and DATABASE_URL is not set");
    }

    /** The list of attempts also holds each replay. */
    long tries() {
        return letter.job().attempts().stream()
                .filter(attempt -> !attempt.step().equals(Attempt.REPLAY))
                .count();
    }

    /** All but the body. */
    Map<String, Object> summary() {
        var job = letter.job();
        var fields = new LinkedHashMap<String, Object>();
        fields.put("id", job.id());
        fields.put("site", job.site());
        fields.put("topic", job.topic());
        fields.put("receivedAt", job.receivedAt().toString());
        fields.put("deadAt", letter.at().toString());
        fields.put("trace", job.trace());
        fields.put("tries", tries());
        fields.put("step", letter.last().step());
        fields.put("error", letter.last().error());
        fields.put("bodyBytes", letter.bodySize());
        return fields;
    }

    /** With every try, and the body as text where it is text. */
    Map<String, Object> details() {
        var fields = summary();
        fields.put(
                "attempts",
                letter.job().attempts().stream().map(LetterText::asMap).toList());
        if (letter.isWhole()) {
            text().ifPresentOrElse(
                            text -> fields.put("body", text),
                            () -> fields.put("bodyBase64", Base64.getEncoder().encodeToString(body())));
        }
        return fields;
    }

    /** The body; empty when it is no UTF-8. */
    Optional<String> text() {
        try {
            return Optional.of(
                    UTF_8.newDecoder().decode(ByteBuffer.wrap(body())).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    byte[] body() {
        Job job = letter.job();
        return job.body();
    }

    private static Map<String, Object> asMap(Attempt attempt) {
        return Map.of(
                "at", attempt.at().toString(),
                "worker", attempt.worker(),
                "step", attempt.step(),
                "error", attempt.error());
    }
}
