package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Claims;
import dev.freshet.catalog.TokenIssuer;
import dev.freshet.catalog.TokenIssuer.Algorithm;
import dev.freshet.model.Hmac;
import dev.freshet.worker.view.Identities.Verdict;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentitiesTest {
    private static final String SECRET = "a secret that has thirty-two bytes and more";
    private static final String OLD = "the one before, of thirty-two bytes and more";
    private static final KeyPair RSA = rsa();
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final long IN_AN_HOUR = NOW.getEpochSecond() + 3_600;
    private static final Verdict WRONG = new Verdict.Wrong();
    private static final Verdict EXPIRED = new Verdict.Expired();

    private final TokenIssuer app = issuer(Algorithm.HS256, SECRET, OLD);
    private final TokenIssuer cloud = issuer(Algorithm.RS256, pem(RSA));

    @Test
    void whoSignedWithOneOfTheKeysIsBelieved() throws Exception {
        var payload = payload("");
        assertThat(verify(app, Tokens.hs256(SECRET, Tokens.HS256, payload))).isEqualTo(user7());
        assertThat(verify(app, Tokens.hs256(OLD, Tokens.HS256, payload))).isEqualTo(user7());
        assertThat(verify(cloud, Tokens.rs256(RSA.getPrivate(), Tokens.RS256, payload)))
                .isEqualTo(user7());
        var kid = "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\",\"jku\":\"http://127.0.0.1:1/\"}";
        assertThat(verify(app, Tokens.hs256(SECRET, kid, payload)))
                .as("no key is looked for")
                .isEqualTo(user7());
    }

    @Test
    void anotherKeyIsWrong() throws Exception {
        assertThat(verify(app, Tokens.hs256(SECRET + "x", Tokens.HS256, payload(""))))
                .isEqualTo(WRONG);
        assertThat(verify(cloud, Tokens.rs256(rsa().getPrivate(), Tokens.RS256, payload(""))))
                .isEqualTo(WRONG);
        var good = Tokens.hs256(SECRET, Tokens.HS256, payload(""));
        var other = Tokens.encode(payload("").replace("\"7\"", "\"8\""));
        assertThat(verify(app, good.replaceFirst("\\.[^.]+\\.", "." + other + ".")))
                .isEqualTo(WRONG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "nOnE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256"})
    void theHeadOfATokenDoesNotChooseHowItIsVerified(String algorithm) {
        var header = "{\"alg\":\"" + algorithm + "\"}";
        var unsigned = Tokens.encode(header) + "." + Tokens.encode(payload("")) + ".";
        assertThat(verify(app, unsigned)).isEqualTo(WRONG);
        assertThat(verify(app, unsigned + "AA")).isEqualTo(WRONG);
        assertThat(verify(cloud, unsigned)).isEqualTo(WRONG);
        assertThat(verify(app, Tokens.hs256(SECRET, header, payload("")))).isEqualTo(WRONG);
        assertThat(verify(app, Tokens.hs256(SECRET, "{}", payload("")))).isEqualTo(WRONG);
        assertThat(verify(app, Tokens.hs256(SECRET, "{\"alg\":null}", payload(""))))
                .isEqualTo(WRONG);
    }

    @Test
    void aPublicKeyIsNoSecret() {
        var secrets = Stream.of(
                pem(RSA).getBytes(UTF_8),
                pem(RSA).strip().getBytes(UTF_8),
                RSA.getPublic().getEncoded(),
                Base64.getEncoder().encode(RSA.getPublic().getEncoded()));
        secrets.forEach(secret -> {
            assertThat(verify(cloud, Tokens.hs256(secret, Tokens.HS256, payload(""))))
                    .isEqualTo(WRONG);
            assertThat(verify(cloud, Tokens.hs256(secret, Tokens.RS256, payload(""))))
                    .isEqualTo(WRONG);
        });
    }

    @Test
    void aTokenEndsWithALeeway() {
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d}".formatted(at(1)))).isInstanceOf(Verdict.Known.class);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d}".formatted(at(-29)))).isInstanceOf(Verdict.Known.class);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d}".formatted(at(-31)))).isEqualTo(EXPIRED);
        assertThat(verify("{\"sub\":\"7\",\"exp\":0}")).isEqualTo(EXPIRED);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d,\"nbf\":%d}".formatted(at(60), at(29))))
                .isInstanceOf(Verdict.Known.class);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d,\"nbf\":%d}".formatted(at(60), at(31))))
                .isEqualTo(WRONG);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d,\"iat\":%d}".formatted(at(60), at(31))))
                .isEqualTo(WRONG);
        var old = Tokens.hs256("nobody's secret of thirty-two bytes", Tokens.HS256, "{\"exp\":0}");
        assertThat(verify(app, old))
                .as("only who signed it hears that it was good")
                .isEqualTo(WRONG);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"sub\":\"7\"}",
                "{\"sub\":\"7\",\"exp\":null}",
                "{\"sub\":\"7\",\"exp\":\"4102444800\"}",
                "{\"sub\":\"7\",\"exp\":[4102444800]}",
                "{\"sub\":\"7\",\"exp\":{}}",
                "{\"sub\":\"7\",\"exp\":true}",
                "{\"sub\":\"7\",\"exp\":1e400}",
                "{\"sub\":\"7\",\"exp\":99999999999999999999999}",
                "{\"sub\":\"7\",\"exp\":9223372036854775807}"
            })
    void aTokenMustSayWhenItEnds(String payload) {
        assertThat(verify(payload)).isEqualTo(WRONG);
    }

    @Test
    void issuerAndAudienceMustBeThoseThatAreExpected() {
        var issuer = new TokenIssuer(
                "app", Algorithm.HS256, app.keys(), Optional.of("https://a"), Optional.of("us"), Duration.ZERO);
        assertThat(of(issuer, "\"iss\":\"https://a\",\"aud\":\"us\"")).isInstanceOf(Verdict.Known.class);
        assertThat(of(issuer, "\"iss\":\"https://a\",\"aud\":[\"them\",\"us\"]"))
                .isInstanceOf(Verdict.Known.class);
        for (var claims : List.of(
                "\"iss\":\"https://a\"",
                "\"aud\":\"us\"",
                "\"iss\":\"https://a/\",\"aud\":\"us\"",
                "\"iss\":\"https://b\",\"aud\":\"us\"",
                "\"iss\":[\"https://a\"],\"aud\":\"us\"",
                "\"iss\":null,\"aud\":\"us\"",
                "\"iss\":\"https://a\",\"aud\":\"them\"",
                "\"iss\":\"https://a\",\"aud\":\"us,them\"",
                "\"iss\":\"https://a\",\"aud\":[]",
                "\"iss\":\"https://a\",\"aud\":null",
                "\"iss\":\"https://a\",\"aud\":{\"us\":1}")) {
            assertThat(of(issuer, claims)).as(claims).isEqualTo(WRONG);
        }
    }

    @Test
    void whatMustBeUnderstoodAndIsNotMakesATokenWrong() {
        var critical = "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}";
        assertThat(verify(app, Tokens.hs256(SECRET, critical, payload("")))).isEqualTo(WRONG);
        assertThat(verify(app, Tokens.hs256(SECRET, "{\"alg\":\"HS256\",\"crit\":null}", payload(""))))
                .isEqualTo(WRONG);
    }

    @Test
    void aClaimThatStandsTwiceIsNone() {
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d,\"sub\":\"8\"}".formatted(IN_AN_HOUR)))
                .isEqualTo(WRONG);
        assertThat(verify("{\"sub\":\"7\",\"exp\":%d,\"s\\u0075b\":\"8\"}".formatted(IN_AN_HOUR)))
                .isEqualTo(WRONG);
    }

    @Test
    void whatIsNoTokenIsWrongAndNeverAFault() {
        var good = Tokens.hs256(SECRET, Tokens.HS256, payload(""));
        for (var token : List.of(
                "",
                ".",
                "..",
                "a.b.c",
                good + "=",
                good + ".",
                good + " ",
                "." + good,
                good.replace('.', ','),
                good.substring(0, good.length() - 1),
                good.substring(0, good.lastIndexOf('.') + 1),
                good.substring(0, good.lastIndexOf('.')),
                good + "." + good,
                good + ".AA.AA", // five parts, as if it were encrypted
                "\u0000",
                "é".repeat(20))) {
            assertThat(verify(app, token)).as(token).isEqualTo(WRONG);
        }
        for (var json : List.of(
                "null", "[]", "7", "\"\"", "{", "", "{}", "{\"a\":".repeat(1_000), "[".repeat(3_000), "\u0000")) {
            assertThat(verify(app, Tokens.hs256(SECRET, Tokens.HS256, json)))
                    .as(json)
                    .isEqualTo(WRONG);
            assertThat(verify(app, Tokens.hs256(SECRET, json, payload(""))))
                    .as(json)
                    .isEqualTo(WRONG);
        }
        var notUtf8 = "{\"exp\":" + IN_AN_HOUR + ",\"sub\":\"\u00ff\"}";
        var signed = Tokens.encode(Tokens.HS256) + "." + Tokens.encode(notUtf8.getBytes(ISO_8859_1));
        var token = signed + "." + Tokens.encode(Hmac.sign(SECRET, signed.getBytes(UTF_8)));
        assertThat(verify(app, token)).isEqualTo(WRONG);
    }

    @Test
    void bytesByChanceAreWrongAndNeverAFault() {
        var random = new Random(1);
        var good = Tokens.hs256(SECRET, Tokens.HS256, payload("")).toCharArray();
        var alphabet = "ABCXYZabcxyz0189-_.={}\"\u0000é";
        for (int i = 0; i < 5_000; i++) {
            var token = good.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                token[random.nextInt(token.length - 1)] = alphabet.charAt(random.nextInt(alphabet.length()));
            }
            var text = new String(token);
            if (!text.equals(new String(good))) {
                assertThat(verify(app, text)).as(text).isEqualTo(WRONG);
            }
        }
    }

    @Test
    void aTokenLongerThanAHeadIsWrong() {
        var pad = "\"pad\":\"" + "x".repeat(5_900) + "\"";
        var good = Tokens.hs256(SECRET, Tokens.HS256, payload("," + pad));
        assertThat(good.length()).isLessThan(Identities.MAX_LENGTH);
        assertThat(verify(app, good)).isInstanceOf(Verdict.Known.class);
        var tooLong = Tokens.hs256(SECRET, Tokens.HS256, payload("," + pad.replace("xx", "xxx")));
        assertThat(tooLong.length()).isGreaterThan(Identities.MAX_LENGTH);
        assertThat(verify(app, tooLong)).isEqualTo(WRONG);
    }

    @Test
    void claimsAreTextsWholeNumbersAndTruthsOrListsOfThese() {
        var json = """
                ,"a":"text","b":7,"c":true,"d":1.5,"e":{"x":1},"f":null,"g":["x",7,false,{},null],"h":[],"i":7.0,
                "j":12345678901234567890123""".replace("\n", "");
        var claims = claims(payload(json));
        assertThat(claims.values())
                .containsOnlyKeys("sub", "exp", "a", "b", "c", "j")
                .containsEntry("a", "text")
                .containsEntry("b", "7")
                .containsEntry("c", "true")
                .containsEntry("j", "12345678901234567890123");
        assertThat(claims.lists()).isEqualTo(Map.of("g", List.of("x", "7", "false"), "h", List.of()));
        assertThat(claims.toString()).doesNotContain("text");
    }

    @Test
    void withoutAKeyNobodyIsKnown() {
        var closed = issuer(Algorithm.HS256);
        assertThat(verify(closed, Tokens.hs256(SECRET, Tokens.HS256, payload(""))))
                .isEqualTo(WRONG);
    }

    private Verdict of(TokenIssuer issuer, String claims) {
        return verify(issuer, Tokens.hs256(SECRET, Tokens.HS256, payload("," + claims)));
    }

    private Claims claims(String payload) {
        return ((Verdict.Known) verify(payload)).claims();
    }

    private Verdict verify(String payload) {
        return verify(app, Tokens.hs256(SECRET, Tokens.HS256, payload));
    }

    private static Verdict verify(TokenIssuer issuer, String token) {
        return new Identities(List.of(issuer), Clock.fixed(NOW, ZoneOffset.UTC)).verify(issuer, token);
    }

    private static Verdict user7() {
        return new Verdict.Known(new Claims(Map.of("sub", "7", "exp", String.valueOf(IN_AN_HOUR)), Map.of()));
    }

    private static String payload(String more) {
        return "{\"sub\":\"7\",\"exp\":" + IN_AN_HOUR + more + "}";
    }

    private static long at(long seconds) {
        return NOW.getEpochSecond() + seconds;
    }

    private static TokenIssuer issuer(Algorithm algorithm, String... keys) {
        return new TokenIssuer(
                "app",
                algorithm,
                Stream.of(keys).map(key -> algorithm.key(key).orElseThrow()).toList(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(30));
    }

    private static KeyPair rsa() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2_048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String pem(KeyPair keys) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
