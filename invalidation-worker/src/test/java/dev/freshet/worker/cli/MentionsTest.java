package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MentionsTest {
    private final Mentions ada = new Mentions("ada+x@example.com");

    private static Job job(String body) {
        return Job.first("main:a.b:1", "main", "a.b", Instant.EPOCH, false, "", body.getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"email\":\"ada+x@example.com\"}",
                "{\"a\":[{\"b\":\"ADA+X@Example.COM\"}]}",
                "{\"email\":\"ada\\u002Bx\\u0040example.com\"}",
                "{\"ada+x@example.com\":1}",
                "{\"text\":\"write to <ada+x@example.com>.\"}",
                "{\"text\":\"it is ada+x@example.com.\"}",
                "{\"url\":\"https://example.org/?to=ada%2Bx%40example.com&a=1\"}",
                "{\"url\":\"mailto%3Aada%2bx%40example.com\"}",
                "email=ada%2Bx%40example.com&name=Ada",
                "no json: 'ada+x@example.com'",
                "{\"broken\":\"ada+x@example.com\"",
            })
    void anAddressIsFoundHoweverItIsWritten(String body) {
        assertThat(ada.in(job(body))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"email\":\"nada+x@example.com\"}",
                "{\"email\":\"ada+x@example.com.au\"}",
                "{\"email\":\"ada+x@example.community\"}",
                "{\"email\":\"adax@example.com\"}",
                "{\"email\":\"ada\",\"domain\":\"example.com\"}",
                "%zz%4",
                "",
            })
    void theAddressOfSomebodyElseIsNot(String body) {
        assertThat(ada.in(job(body))).isFalse();
    }

    @Test
    void idsAndErrorsCountToo() {
        var failed = job("{}").failed(new Attempt(Instant.EPOCH, "w", "apply", "key (ada+x@example.com) is taken"));
        assertThat(ada.in(failed)).isTrue();
        assertThat(ada.in(Job.first("events:a:ada+x@example.com", "", "", Instant.EPOCH, false, "", new byte[0])))
                .isTrue();
    }
}
