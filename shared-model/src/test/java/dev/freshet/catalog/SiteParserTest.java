package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SiteParserTest {
    private static final String SIGNING = "header: X-Signature, topic: /event/name";

    @Test
    void aSenderOfWhichNothingIsKnownIsDescribed() {
        assertThat(signing("header: X-Signature, prefix: \"sha256=\", encoding: base64, timestamp: X-Time,"
                        + " tolerance: 10s, id: X-Request-Id, topic: /event/name"))
                .isEqualTo(new Signing(
                        "X-Signature",
                        "sha256=",
                        true,
                        Optional.of("X-Time"),
                        Duration.ofSeconds(10),
                        Optional.of(new Place.Header("X-Request-Id")),
                        Place.field("/event/name")));
        assertThat(signing("header: X-Mac, topic: X-Topic, prefix: \"\""))
                .isEqualTo(new Signing(
                        "X-Mac",
                        "",
                        false,
                        Optional.empty(),
                        Duration.ofMinutes(5),
                        Optional.empty(),
                        new Place.Header("X-Topic")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"thinkific", "freshet", "stripe", "shopify", "github", "standard"})
    void theOthersAreKnown(String scheme) {
        var site = site("a: { scheme: " + scheme + ", secrets: whsec_bm90IGEgc2VjcmV0 }");
        assertThat(site.scheme()).hasToString(scheme);
        assertThat(site.signing()).isEmpty();
        assertThat(site.isApplication()).isEqualTo(scheme.equals("freshet"));
        assertThat(refusal("a: { scheme: " + scheme + ", secrets: c2Vj, signing: { " + SIGNING + " } }"))
                .isEqualTo("2: sites.a says how it signs, but scheme " + scheme
                        + " is known; take signing out, or say scheme: hmac");
    }

    @Test
    void aDescriptionIsNeededWhereNothingIsKnown() {
        assertThat(refusal("a: { scheme: hmac, secrets: s }"))
                .isEqualTo("2: sites.a has no signing; such as signing: { header: X-Signature, topic: /type }");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            topic: /type | signing has no header; such as header: X-Signature
            header: X-Mac | signing has no topic; such as topic: /type
            header: X Mac, topic: /type | signing.header must be the name of a header such as X-Signature, was 'X Mac'
            header: /type, topic: /type | signing.header must be the name of a header such as X-Signature, was '/type'
            header: X-Mac, topic: a.b | signing.topic must be the name of a header such as X-Signature, or a JSON pointer such as /type, was 'a.b'
            header: X-Mac, topic: /a//b | signing.topic must be the name of a header such as X-Signature, or a JSON pointer such as /type, was '/a//b'
            header: X-Mac, topic: "/a?" | signing.topic must be the name of a header such as X-Signature, or a JSON pointer such as /type, was '/a?'
            header: X-Mac, topic: /a/b/c/d/e/f/g/h/i | signing.topic must be the name of a header such as X-Signature, or a JSON pointer such as /type, was '/a/b/c/d/e/f/g/h/i'
            header: X-Mac, topic: /a, encoding: HEX | signing.encoding must be hex or base64, was 'HEX'
            header: X-Mac, topic: /a, prefix: "a b" | signing.prefix must be up to 32 printable characters such as sha256=, was 'a b'
            header: X-Mac, topic: /a, tolerance: 5m | signing has a tolerance but no timestamp; name the header with the time that is signed
            header: X-Mac, topic: /a, timestamp: T, tolerance: 2h | signing.tolerance must be from 1s to 1h; such as tolerance: 5m
            header: X-Mac, topic: /a, timestamp: T, tolerance: 0s | signing.tolerance must be from 1s to 1h; such as tolerance: 5m
            header: X-Mac, topic: /a, algorithm: md5 | signing.algorithm is no key of the format; known here: header, prefix, encoding, timestamp, tolerance, id, topic
            """)
    void whatIsWrongInADescriptionIsSaid(String signing, String problem) {
        assertThat(refusal("a: { scheme: hmac, secrets: s, signing: { " + signing + " } }"))
                .isEqualTo("2: sites.a." + problem);
    }

    @Test
    void aSecretThatIsNoKeyIsRefusedAndNotSaid() {
        for (var secret : List.of("not base64!", "whsec_", "whsec_a", "whsec_c2Vj,hush-hush")) {
            var said = refusal("a: { scheme: standard, secrets: \"" + secret + "\" }");
            assertThat(said)
                    .isEqualTo("2: sites.a.secrets has one that is no key of scheme standard;"
                            + " such as whsec_ and what follows it in base64");
        }
        assertThat(site("a: { scheme: standard, secrets: \"whsec_c2Vj,c2VjcmV0\" }")
                        .secrets())
                .hasSize(2);
    }

    @Test
    void aNameThatHidesASchemeIsAWarning() {
        assertThat(parse("shopify: { scheme: stripe, secrets: s }").notes())
                .hasToString(
                        "[x.yaml:2: warning: sites.shopify takes the address /webhooks/shopify from sites of scheme"
                                + " shopify; call it otherwise]");
        assertThat(parse("shopify: { scheme: shopify, secrets: s }").notes()).isEmpty();
        assertThat(parse("shopify: { scheme: freshet, secrets: s }").notes()).isEmpty();
    }

    @Test
    void aProvidersTopicMayBeOneWord() {
        var yaml = "a: { scheme: github, secrets: s }\nevents: { push: { tags: [ code ] } }";
        assertThat(parse(yaml).rule("push", "a")).isPresent();
        assertThat(refusal(yaml.replace("push", "unreadable")))
                .isEqualTo("3: events.unreadable has the topic 'unreadable', which is that of dead letters;"
                        + " topics are such as enrollment.created");
        assertThat(refusal(yaml.replace("push", "Push"))).contains("has the topic 'Push'");
    }

    @Test
    void topicsAreSpelledInOneWay() {
        assertThat(EventRule.spelled("Orders/partially-fulfilled")).isEqualTo("orders.partially_fulfilled");
        assertThat(EventRule.spelled("invoice:paid")).isEqualTo("invoice.paid");
        assertThat(EventRule.spelled("pull_request.opened")).isEqualTo("pull_request.opened");
    }

    @Test
    void theSchemaForEditorsKnowsTheSameKeys() throws Exception {
        var root = new JsonMapper().readTree(CatalogReader.class.getResourceAsStream("/catalogs/catalog.schema.json"));
        var site = root.at("/properties/sites/additionalProperties/properties");
        assertThat(names(site)).containsExactlyInAnyOrderElementsOf(SiteParser.KEYS);
        assertThat(names(site.at("/signing/properties"))).containsExactlyInAnyOrderElementsOf(SiteParser.SIGNING);
        assertThat(StreamSupport.stream(site.at("/scheme/enum").spliterator(), false)
                        .map(JsonNode::asText))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Scheme.values()).map(Scheme::toString).toList());
    }

    private static List<String> names(JsonNode properties) {
        return properties.properties().stream().map(Map.Entry::getKey).toList();
    }

    private static Signing signing(String text) {
        return site("a: { scheme: hmac, secrets: s, signing: { " + text + " } }")
                .signing()
                .orElseThrow();
    }

    private static Site site(String line) {
        return Objects.requireNonNull(parse(line).sites().get("a"));
    }

    private static Catalog parse(String sites) {
        var yaml = "application: x\nsites: { " + sites.replaceFirst("\n|$", " }\n");
        return CatalogReader.parse("x.yaml", yaml, new Settings(Map.of()));
    }

    private static String refusal(String sites) {
        try {
            return "accepted with " + parse(sites).notes();
        } catch (CatalogException e) {
            return String.valueOf(e.getMessage()).replace("x.yaml:", "");
        }
    }
}
