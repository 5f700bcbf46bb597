package dev.freshet.ingest;

import static dev.freshet.ingest.SignatureScheme.FRESHET;
import static dev.freshet.ingest.SignatureScheme.THINKIFIC;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.ingest.SignatureScheme.Sent;
import dev.freshet.ingest.SignatureScheme.Verdict;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.FreshetSignature.Call;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureSchemeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Call CALL = new Call("PATCH", "/api/things?wait=applied", "k1");
    private static final String KEY = "sample_site_api_key";
    private static final String DIGEST = "a757d1f9a15e887c254d1f2c165f02e262e5cc3c6e2b5fe99555b0df61fe9e1d";
    private static final byte[] BODY = """
            {"id":"20180126171756020665195","resource":"enrollment","action":"created","tenant_id":"3",\
            "created_at":"2018-01-26T22:17:01.924Z","payload":{"activated_at":"2018-01-26T22:16:52.255Z",\
            "completed_at":null,"course":{"id":4,"name":"Sample Course"},"course_id":4,\
            "created_at":"2018-01-26T22:16:52.285Z","expiry_date":null,"free_trial":false,"id":97472,\
            "percentage_completed":"0.0","started_at":"2018-01-26T22:17:01.891Z",\
            "updated_at":"2018-01-26T22:17:01.924Z","user":{"email":"ada.sample@example.com",\
            "first_name":"Ada","id":123456,"last_name":"Sample"}}}""".getBytes(UTF_8);

    @Test
    void theKnownVectorIsValid() {
        assertThat(thinkific(DIGEST, BODY, KEY)).isEqualTo(Verdict.VALID);
        assertThat(thinkific(" " + DIGEST + " ", BODY, KEY)).isEqualTo(Verdict.VALID);
    }

    @Test
    void theRightDigestInBase64IsWrong() {
        var base64 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(DIGEST));
        assertThat(thinkific(base64, BODY, KEY)).isEqualTo(Verdict.WRONG);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void aMissingHeaderIsSaidToBeMissing(String value) {
        assertThat(thinkific(value, BODY, KEY)).isEqualTo(Verdict.MISSING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a757",
                "sha256=a757d1f9a15e887c254d1f2c165f02e262e5cc3c6e2b5fe99555b0df61fe9e1d",
                "a757d1f9a15e887c254d1f2c165f02e262e5cc3c6e2b5fe99555b0df61fe9e1e",
                "a757d1f9a15e887c254d1f2c165f02e262e5cc3c6e2b5fe99555b0df61fe9e1d00",
                "a757d1f9a15e887c254d1f2c165f02e262e5cc3c6e2b5fe99555b0df61fe9e1",
                "\u0661757",
                ",",
                "t=1,v1=a757"
            })
    void anythingElseIsWrong(String value) {
        assertThat(thinkific(value, BODY, KEY)).isEqualTo(Verdict.WRONG);
    }

    @Test
    void aChangedBodyIsWrong() {
        var tampered = BODY.clone();
        tampered[tampered.length - 1] ^= 1;
        assertThat(thinkific(DIGEST, tampered, KEY)).isEqualTo(Verdict.WRONG);
    }

    @Test
    void whileSecretsAreRotatedEachOfThemIsTried() {
        assertThat(thinkific(DIGEST, BODY, "new", KEY)).isEqualTo(Verdict.VALID);
        assertThat(thinkific(DIGEST, BODY, KEY, "new")).isEqualTo(Verdict.VALID);
        assertThat(thinkific(DIGEST, BODY, "new", "newer")).isEqualTo(Verdict.WRONG);
    }

    @Test
    void withoutASecretNothingIsValid() {
        assertThat(thinkific(DIGEST, BODY)).isEqualTo(Verdict.WRONG);
        assertThat(thinkific(DIGEST, BODY, "")).isEqualTo(Verdict.WRONG);
    }

    @Test
    void aTimedSignatureIsValidInsideItsWindowOnly() {
        var header = FreshetSignature.header("s", NOW, BODY);
        assertThat(freshet(header, NOW)).isEqualTo(Verdict.VALID);
        assertThat(freshet(header, NOW.plusSeconds(300))).isEqualTo(Verdict.VALID);
        assertThat(freshet(header, NOW.minusSeconds(300))).isEqualTo(Verdict.VALID);
        assertThat(freshet(header, NOW.plusSeconds(301))).isEqualTo(Verdict.EXPIRED);
        assertThat(freshet(header, NOW.minusSeconds(301))).isEqualTo(Verdict.EXPIRED);
    }

    @Test
    void aTimeThatWasNotSignedIsWrong() {
        var signature = FreshetSignature.header("s", NOW, BODY).split(",", 2)[1];
        assertThat(freshet("t=" + NOW.plusSeconds(1).getEpochSecond() + "," + signature, NOW))
                .isEqualTo(Verdict.WRONG);
        assertThat(freshet(signature, NOW)).isEqualTo(Verdict.WRONG);
        assertThat(freshet("t=," + signature, NOW)).isEqualTo(Verdict.WRONG);
        assertThat(freshet("t=99999999999999999999," + signature, NOW)).isEqualTo(Verdict.WRONG);
        assertThat(freshet("t=-1," + signature, NOW)).isEqualTo(Verdict.WRONG);
    }

    @Test
    void anyOfSeveralSignaturesSuffices() {
        var good = FreshetSignature.header("s", NOW, BODY);
        assertThat(freshet(good.replace(",v1=", ", v1=00, v0=11, v1="), NOW)).isEqualTo(Verdict.VALID);
    }

    @Test
    void aTimeIsOnlySaidToBeOldToWhoKnowsASecret() {
        var forged = FreshetSignature.header("guess", NOW, BODY);
        assertThat(freshet(forged, NOW.plusSeconds(301))).isEqualTo(Verdict.WRONG);
    }

    @Test
    void aSignatureOfTheWholeCallHoldsForNoOther() {
        var header = FreshetSignature.header("s", NOW, CALL, BODY);
        assertThat(freshet(header, NOW)).isEqualTo(Verdict.VALID);
        assertThat(freshet(header, NOW.plusSeconds(301))).isEqualTo(Verdict.EXPIRED);
        for (var other : List.of(
                new Call("POST", CALL.target(), CALL.key()),
                new Call(CALL.method(), "/api/things", CALL.key()),
                new Call(CALL.method(), CALL.target(), "k2"),
                new Call(CALL.method(), CALL.target(), ""))) {
            assertThat(FRESHET.verify(sent(other, BODY, header), List.of("s"), NOW))
                    .isEqualTo(Verdict.WRONG);
        }
    }

    @Test
    void besideASignatureOfTheCallOneOfTheBodyAloneDoesNotCount() {
        var weak = FreshetSignature.header("s", NOW, BODY);
        assertThat(freshet(weak + ",v2=" + "00".repeat(32), NOW)).isEqualTo(Verdict.WRONG);
        var strong = FreshetSignature.header("s", NOW, CALL, BODY);
        assertThat(freshet(strong.replace("v2=", "v1="), NOW)).isEqualTo(Verdict.WRONG);
    }

    @Test
    void twoHeadersAreOneTooManyAndTwoTimesAreNone() {
        var good = FreshetSignature.header("s", NOW, BODY);
        for (var more : List.of(good, "", "t=1")) {
            assertThat(FRESHET.verify(sent(BODY, good, more), List.of("s"), NOW))
                    .isEqualTo(Verdict.WRONG);
            assertThat(FRESHET.verify(sent(BODY, more, good), List.of("s"), NOW))
                    .isEqualTo(Verdict.WRONG);
        }
        assertThat(THINKIFIC.verify(sent(BODY, DIGEST, DIGEST), List.of(KEY), NOW))
                .isEqualTo(Verdict.WRONG);
        assertThat(freshet("t=1," + good, NOW)).isEqualTo(Verdict.WRONG);
    }

    private static Verdict thinkific(String value, byte[] body, String... secrets) {
        return THINKIFIC.verify(value == null ? sent(body) : sent(body, value), List.of(secrets), NOW);
    }

    private static Verdict freshet(String value, Instant now) {
        return FRESHET.verify(sent(BODY, value), List.of("s"), now);
    }

    private static Sent sent(byte[] body, String... signatures) {
        return sent(CALL, body, signatures);
    }

    private static Sent sent(Call call, byte[] body, String... signatures) {
        var keys = call.key().isEmpty() ? List.<String>of() : List.of(call.key());
        return new Sent(
                name -> name.equals(SignatureScheme.KEY) ? keys : List.of(signatures),
                call.method(),
                call.target(),
                body);
    }
}
