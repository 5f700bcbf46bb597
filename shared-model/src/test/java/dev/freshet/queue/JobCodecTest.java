package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobCodecTest {
    private static final Instant RECEIVED = Instant.parse("2026-03-04T05:06:07.123456789Z");

    @Test
    void aJobComesBackAsItWentIn() {
        byte[] body = {'{', '\n', 0, (byte) 0xff, '\n', '}'};
        var job = new Job(
                "main:enrollment.created:ü/1",
                "main",
                "enrollment.created",
                RECEIVED,
                true,
                "trace-1",
                List.of(
                        new Attempt(RECEIVED, "w1", "apply", "PSQLException: line one\nline two \"quoted\""),
                        new Attempt(RECEIVED.minusSeconds(1), "w2", "crash", "")),
                body);
        assertThat(JobCodec.decode(JobCodec.encode(job))).isEqualTo(job);
    }

    @Test
    void theIdStandsAloneInTheFirstLineAndTheBodyIsUntouchedAfterTheSecond() {
        var job = Job.first("id-1", "main", "a.b", RECEIVED, false, "t", "{\"a\": 1}\n".getBytes(UTF_8));
        assertThat(new String(JobCodec.encode(job), UTF_8))
                .isEqualTo("id-1\n{\"v\":1,\"site\":\"main\",\"topic\":\"a.b\",\"received\":1772600767123456789,"
                        + "\"trace\":\"t\"}\n{\"a\": 1}\n");
    }

    @Test
    void fieldsOfALaterMinorFormatAreIgnored() {
        var job = JobCodec.decode(bytes("id\n{\"v\":1,\"new\":{\"a\":[1]},\"site\":\"s\",\"topic\":\"t\",\"attempts\":"
                + "[{\"at\":0,\"new\":[],\"step\":\"apply\"}]}\nbody"));
        assertThat(job.site()).isEqualTo("s");
        assertThat(job.attempts()).containsExactly(new Attempt(Instant.EPOCH, "", "apply", ""));
        assertThat(job.body()).isEqualTo(bytes("body"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"v\":2,\"site\":3}",
                "{\"v\":2,\"received\":\"today\"}",
                "{\"received\":99999999999999999999,\"v\":2}",
                "{\"v\":2,\"attempts\":[{\"at\":99999999999999999999}]}"
            })
    void aNewerVersionIsNamed(String header) {
        assertThatThrownBy(() -> JobCodec.decode(bytes("id-7\n" + header + "\nbody")))
                .isInstanceOfSatisfying(
                        JobFormatException.class, e -> assertThat(e.isNewer()).isTrue())
                .hasMessage("job id-7 has version 2, this process knows 1: it is for a newer process, update this one");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no line",
                "id\n{\"v\":1}",
                "id\n[]\nbody",
                "id\n{}\nbody",
                "id\n{\"v\":1\nbody",
                "id\n{\"v\":\"x\"}\nbody",
                "id\n{\"v\":1,\"attempts\":3}\nbody",
                "id\n{\"v\":1,\"received\":99999999999999999999}\nbody",
                "\n{\"v\":1}\nbody"
            })
    void whatIsNoJobIsRefused(String text) {
        assertThatThrownBy(() -> JobCodec.decode(bytes(text)))
                .isInstanceOfSatisfying(
                        JobFormatException.class, e -> assertThat(e.isNewer()).isFalse());
    }

    @ParameterizedTest
    @ValueSource(strings = {"99999999999999999999", "5000000000"})
    void aVersionThatIsNoIntIsNewerToo(String version) {
        assertThatThrownBy(() -> JobCodec.decode(bytes("id\n{\"v\":" + version + "}\nbody")))
                .isInstanceOfSatisfying(
                        JobFormatException.class, e -> assertThat(e.isNewer()).isTrue());
    }

    @Test
    void anEndlessErrorIsCut() {
        var job = Job.first("id", "s", "t", RECEIVED, false, "", new byte[0])
                .failed(new Attempt(RECEIVED, "w", "apply", "x".repeat(100_000)));
        assertThat(JobCodec.encode(job)).hasSizeLessThan(1_500);
    }

    @Test
    void aReplayOpensAllTriesAgain() {
        var failed = new Attempt(RECEIVED.plusSeconds(1), "w", "apply", "");
        var job = Job.first("id", "s", "t", RECEIVED, false, "", new byte[0])
                .failed(failed)
                .failed(failed);
        assertThat(job.attempt()).isEqualTo(3);
        assertThat(job.triedSince()).isEqualTo(RECEIVED);
        var replayed = job.failed(new Attempt(RECEIVED.plusSeconds(9), "", Attempt.REPLAY, ""));
        assertThat(replayed.attempt()).isEqualTo(1);
        assertThat(replayed.triedSince()).isEqualTo(RECEIVED.plusSeconds(9));
        assertThat(replayed.failed(failed).attempt()).isEqualTo(2);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
