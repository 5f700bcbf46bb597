package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import dev.freshet.model.Job;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Where an e-mail address occurs, in capitals or not. In a JSON body each text and each name is looked at as it is meant,
 * however it was escaped; any other body as it stands. In both an address may also be percent-encoded, as in URLs and
 * forms. An address that is only the end or the beginning of another is that of somebody else.
 */
final class Mentions {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern PERCENT = Pattern.compile("%([0-9A-Fa-f]{2})");

    private final String address;
    private final Pattern pattern;

    Mentions(String address) {
        this.address = address;
        this.pattern = Pattern.compile(
                "(?<![\\p{Alnum}._%+-])" + Pattern.quote(address) + "(?![\\p{Alnum}_-]|\\.\\p{Alnum})",
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    String address() {
        return address;
    }

    /** Whether anything of the job has the address: its body, its id, or what its tries failed with. */
    boolean in(Job job) {
        return in(job.id()) || job.attempts().stream().anyMatch(attempt -> in(attempt.error())) || in(job.body());
    }

    boolean in(String text) {
        return pattern.matcher(text).find()
                || (text.indexOf('%') >= 0 && pattern.matcher(decoded(text)).find());
    }

    /** @param body JSON or anything else */
    boolean in(byte[] body) {
        try (var json = JSON.createParser(body)) {
            for (var token = json.nextToken(); token != null; token = json.nextToken()) {
                boolean isText = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
                if (isText && in(json.getText())) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return in(new String(body, UTF_8)); // no JSON, or broken
        }
    }

    /** Byte by byte, which is enough for the characters of an address. */
    private static String decoded(String text) {
        return PERCENT.matcher(text)
                .replaceAll(hit -> java.util.regex.Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(hit.group(1), 16))));
    }
}
