package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.catalog.Access.Who;
import dev.freshet.catalog.TokenIssuer.Algorithm;
import dev.freshet.settings.Settings;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokensTest {
    private static final String SECRET = "a secret that has thirty-two bytes and more";
    private static final String OTHER = "another one of thirty-two bytes and some more";
    private static final String CATALOG = """
            application: x
            tokens:
              app:
                algorithm: HS256
                keys: "${APP_KEYS}"
                issuer: "https://${HOST:-app}.example.com"
                audience: dashboard
                leeway: 1m
            views:
              dashboard:
                key: dashboard:{role}:{userId}:{page}
                params:
                  role: { type: text, oneOf: [ admin, manager ], claim: role }
                  userId: { type: int, claim: sub }
                  page: { type: int, default: 1 }
                sql: select :role, :userId::int, :page::int
                tags: [ "user:{userId}" ]
                ttl: 5m
                access: { token: app, require: { role: [ admin, manager ], tenant: "3" } }
            """;

    @Test
    void aViewMayBeForWhomeverAnIssuerSaysTheyAre() {
        var catalog = parse(CATALOG, "APP_KEYS", SECRET + " , " + OTHER);
        var issuer = new TokenIssuer(
                "app",
                Algorithm.HS256,
                List.of(hmac(SECRET), hmac(OTHER)),
                Optional.of("https://app.example.com"),
                Optional.of("dashboard"),
                Duration.ofMinutes(1));
        assertThat(catalog.tokens()).containsExactly(Map.entry("app", issuer));
        var view = view(catalog);
        assertThat(view.access().isOpen()).isFalse();
        assertThat(view.access().who())
                .isEqualTo(new Who.Users(issuer, Map.of("role", Set.of("admin", "manager"), "tenant", Set.of("3"))));
        assertThat(view.params()).extracting(Parameter::claim).containsExactly("role", "sub", null);
        assertThat(catalog.notes()).isEmpty();
        assertThat(catalog.toString()).doesNotContain("thirty-two");
    }

    @Test
    void whatIsNotSaidOfTokensIsNotLookedAt() {
        var yaml = CATALOG.replaceAll("(?m)^ +(issuer|audience|leeway):.*\n", "");
        var issuer =
                Objects.requireNonNull(parse(yaml, "APP_KEYS", SECRET).tokens().get("app"));
        assertThat(issuer.issuer()).isEmpty();
        assertThat(issuer.audience()).isEmpty();
        assertThat(issuer.leeway()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void withoutAKeyNobodyIsLetInAndACheckSaysSo() {
        var catalog = parse(CATALOG);
        assertThat(Objects.requireNonNull(catalog.tokens().get("app")).keys()).isEmpty();
        assertThat(catalog.notes())
                .singleElement()
                .asString()
                .contains("tokens.app.keys: APP_KEYS is not set, so every read with a token of app is refused");
    }

    @Test
    void publicKeysMayBeWrittenInLinesOrInOne() throws Exception {
        var key = rsa(2_048);
        var lines = pem(key);
        var yaml = CATALOG.replace("HS256", "RS256");
        var issuer = Objects.requireNonNull(parse(yaml, "APP_KEYS", lines + "," + lines.replace("\n", "\\n"))
                .tokens()
                .get("app"));
        assertThat(issuer.keys()).containsExactly(key, key);
    }

    @Test
    void aKeyThatIsNoneIsNeverTaken() throws Exception {
        assertThat(Algorithm.HS256.key("x".repeat(31))).isEmpty();
        assertThat(Algorithm.HS256.key("x".repeat(32))).contains(hmac("x".repeat(32)));
        assertThat(Algorithm.HS256.key(pem(rsa(2_048))))
                .as("what everybody may know")
                .isEmpty();
        assertThat(Algorithm.RS256.key(pem(rsa(1_024)))).isEmpty();
        assertThat(Algorithm.RS256.key(SECRET)).isEmpty();
        assertThat(Algorithm.RS256.key("-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----"))
                .isEmpty();
        assertThat(Algorithm.RS256.key("-----BEGIN PUBLIC KEY-----A=A-----END PUBLIC KEY-----"))
                .isEmpty();
        var pair = KeyPairGenerator.getInstance("EC").generateKeyPair();
        assertThat(Algorithm.RS256.key(pem(pair.getPublic()))).isEmpty();
        var rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        var secret = pem(rsa.getPrivate().getEncoded()).replace("PUBLIC", "PRIVATE");
        assertThat(Algorithm.RS256.key(secret)).isEmpty();
    }

    static List<Arguments> broken() {
        return List.of(
                Arguments.of(
                        "algorithm: HS256",
                        "algorithm: none",
                        "4: tokens.app.algorithm must be HS256 or RS256, was 'none'"),
                Arguments.of(
                        "\"${APP_KEYS}\"",
                        "too-short",
                        "5: tokens.app.keys must be secrets of at least 32 bytes, such as from openssl rand -hex 32"),
                Arguments.of(
                        "algorithm: HS256",
                        "algorithm: RS256",
                        "5: tokens.app.keys must be public keys of RSA with at least 2048 bits as PEM, each beginning -----BEGIN PUBLIC KEY-----"),
                Arguments.of("keys: \"${APP_KEYS}\"", "keyz: 1", """
                        3: tokens.app has no keys; such as keys: "${APP_TOKEN_KEYS}"
                        5: tokens.app.keyz is no key of the format; did you mean keys?"""),
                Arguments.of(
                        "leeway: 1m", "leeway: 6m", "8: tokens.app.leeway must be at most 5m; such as leeway: 30s"),
                Arguments.of(
                        "issuer: \"https://${HOST:-app}.example.com\"",
                        "issuer: \"${HOST}\"",
                        "6: tokens.app.issuer must be what the token says, was '${HOST}'"),
                Arguments.of(
                        "\"${APP_KEYS}\"",
                        "[" + "\"${APP_KEYS}\",".repeat(9) + "]",
                        "5: tokens.app.keys has more than 8 keys; each is tried with each token; take old ones out"),
                Arguments.of(
                        "token: app,",
                        "token: ap,",
                        "19: views.dashboard.access.token names the tokens ap, which there are not; did you mean app?"),
                Arguments.of(
                        "token: app,",
                        "token: app, tokens: a,",
                        "19: views.dashboard.access.tokens must not stand beside token; say who may read it in one of the two ways"),
                Arguments.of(
                        "require: { role: [ admin, manager ], tenant: \"3\" }",
                        "require: {}",
                        "19: views.dashboard.access.require requires nothing; name a claim and what it must be, such as { role: [ admin ] }"),
                Arguments.of(
                        "tenant: \"3\"",
                        "tenant: []",
                        "19: views.dashboard.access.require.tenant allows nothing; name the values that let in, such as [ admin, manager ]"),
                Arguments.of(
                        "ttl: 5m",
                        "ttl: 5m\n    cdn: 5m",
                        "19: views.dashboard.cdn must not stand beside access; what only some may read is kept by no shared cache"),
                Arguments.of(
                        "ttl: 5m",
                        "ttl: 5m\n    route: /api/users/{userId}",
                        "19: views.dashboard.route has {userId}, which comes from the token; take it out of the route"),
                Arguments.of(
                        "claim: sub }",
                        "claim: sub, default: 1 }",
                        "14: views.dashboard.params.userId.default must not stand beside claim; whose token does not say it would read somebody else's"),
                Arguments.of("claim: sub }", "claim: \"\" }", "14: views.dashboard.params.userId.claim is empty"),
                Arguments.of(
                        "access: { token: app, require: { role: [ admin, manager ], tenant: \"3\" } }",
                        "access: { tokens: a }",
                        "10: views.dashboard takes role from a claim, but its access names no token; such as access: { token: app }"),
                Arguments.of(
                        "    access: { token: app, require: { role: [ admin, manager ], tenant: \"3\" } }\n",
                        "",
                        "10: views.dashboard takes role from a claim, but its access names no token; such as access: { token: app }"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void whatIsWrongIsSaidWithItsLine(String from, String to, String expected) {
        assertThat(CATALOG).contains(from);
        assertThatThrownBy(() -> parse(CATALOG.replace(from, to), "APP_KEYS", SECRET))
                .isInstanceOf(CatalogException.class)
                .hasMessage(("x.yaml:" + expected).replace("\n", "\nx.yaml:"));
    }

    @Test
    void aTokenThatMakesNoDifferenceIsAnError() {
        var yaml = CATALOG.replace(", claim: role", "").replace(", claim: sub", "");
        assertThat(parse(yaml, "APP_KEYS", SECRET).views())
                .as("who may read it is said")
                .hasSize(1);
        var anybody = yaml.replaceAll(", require:.*", " }");
        assertThatThrownBy(() -> parse(anybody, "APP_KEYS", SECRET))
                .hasMessageStartingWith(
                        "x.yaml:19: views.dashboard.access lets in whoever has a token, and who it is makes"
                                + " no difference to what they read; bind a parameter to a claim");
    }

    @Test
    void aBoundParameterComesFromTheTokenAloneAndTheOthersDoNot() {
        var view = view(parse(CATALOG, "APP_KEYS", SECRET));
        var claims = new Claims(Map.of("sub", "7", "role", "admin", "page", "9"), Map.of());
        assertThat(request(view, Map.of("page", "2"), claims))
                .containsExactly(Map.entry("role", "admin"), Map.entry("userId", "7"), Map.entry("page", "2"));
        for (var given : List.of("7", "8", "")) {
            assertThatThrownBy(() -> request(view, Map.of("userId", given), claims))
                    .isInstanceOf(ParameterException.class)
                    .hasMessage("userId comes from the token; leave it out");
        }
        assertThat(view.parse(Map.of("role", "admin", "userId", "8")))
                .as("operators and re-warms name it")
                .containsEntry("userId", "8");
    }

    @Test
    void aClaimMustBeThereAsOneValueThatIsWrittenInTheOneWay() {
        var view = view(parse(CATALOG, "APP_KEYS", SECRET));
        var missing = List.of(
                new Claims(Map.of("role", "admin"), Map.of()),
                new Claims(Map.of("role", "admin", "sub", " "), Map.of()),
                new Claims(Map.of("role", "admin"), Map.of("sub", List.of("7"))));
        for (var claims : missing) {
            assertThatThrownBy(() -> request(view, Map.of(), claims))
                    .isInstanceOfSatisfying(
                            ClaimException.class, e -> assertThat(e.isMissing()).isTrue())
                    .hasMessage("the token does not say sub; it must, as one value");
        }
        for (var sub : List.of("ada", "07", "+7", "7.0", "９", "true")) {
            assertThatThrownBy(() -> request(view, Map.of(), new Claims(Map.of("role", "admin", "sub", sub), Map.of())))
                    .isInstanceOfSatisfying(
                            ClaimException.class, e -> assertThat(e.isMissing()).isFalse())
                    .hasMessage("what the token says as sub is not allowed here; it must be a whole number");
        }
        assertThatThrownBy(() -> request(view, Map.of(), new Claims(Map.of("role", "owner", "sub", "7"), Map.of())))
                .hasMessageEndingWith("it must be one of admin, manager");
    }

    @Test
    void aClaimChangesTheDefinitionOfItsViewAndOfNoOther() {
        var bound = view(parse(CATALOG, "APP_KEYS", SECRET));
        var yaml = CATALOG.replace(", claim: sub", "");
        assertThat(view(parse(yaml, "APP_KEYS", SECRET)).fingerprint()).isNotEqualTo(bound.fingerprint());
        assertThat(new Parameter("a", ParameterType.INT, null, 0, 1, 2, List.of()))
                .as("keys are made of this text")
                .hasToString("Parameter[name=a, type=INT, fallback=null, min=0, max=1, maxLength=2, oneOf=[]]");
    }

    private static Map<String, String> request(View view, Map<String, String> raw, Claims claims) {
        return view.request(raw, claims, Clock.systemUTC());
    }

    private static View view(Catalog catalog) {
        return Objects.requireNonNull(catalog.views().get("dashboard"));
    }

    private static Catalog parse(String yaml, String... environment) {
        var settings = environment.length == 0 ? Map.<String, String>of() : Map.of(environment[0], environment[1]);
        return CatalogReader.parse("x.yaml", yaml, new Settings(settings));
    }

    private static SecretKeySpec hmac(String secret) {
        return new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256");
    }

    private static PublicKey rsa(int bits) throws Exception {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair().getPublic();
    }

    private static String pem(PublicKey key) {
        return pem(key.getEncoded());
    }

    private static String pem(byte[] encoded) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END PUBLIC KEY-----\n";
    }
}
