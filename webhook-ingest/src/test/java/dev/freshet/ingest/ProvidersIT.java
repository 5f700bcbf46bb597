package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Site;
import dev.freshet.model.Job;
import dev.freshet.queue.Claim;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each provider's deliveries over HTTP, from the signature to the job. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProvidersIT {
    private static final String CATALOG = """
            application: bazaar
            sites:
              app: { scheme: freshet, secrets: app-secret }
              school: { scheme: thinkific, secrets: "old-school-secret,school-secret" }
              payments: { scheme: stripe, secrets: whsec_stripe-secret }
              shop: { scheme: shopify, secrets: shop-secret }
              code: { scheme: github, secrets: code-secret }
              crm: { scheme: standard, secrets: whsec_bm90aGluZyB0byBzZWUgaGVyZSwgZ28gYXdheQ== }
              legacy:
                scheme: hmac
                secrets: legacy-secret
                signing:
                  header: X-Signature
                  prefix: "sha256="
                  timestamp: X-Time
                  id: X-Request-Id
                  topic: X-Topic
              plain:
                scheme: hmac
                secrets: plain-secret
                signing: { header: X-Mac, encoding: base64, id: /meta/id, topic: /meta/what }
            events:
              payment_intent.succeeded: { from: payments, tags: [ payments ] }
              push: { from: code, tags: [ code ] }
            """;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String prefix = TestServices.shared().newPrefix();
    private Map<String, Site> sites = Map.of();
    private RedisServer server;
    private JobQueue queue;
    private Ingest ingest;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        var catalog =
                Files.writeString(directory.resolve("bazaar.yaml"), CATALOG).toString();
        var url = TestServices.shared().queueUrl();
        sites = CatalogReader.read(catalog, Map.of()).sites();
        server = new RedisServer("test", url, Duration.ofSeconds(20));
        queue = new JobQueue(server, QueueOptions.defaults(prefix));
        ingest = Ingest.start(new Settings(Map.of(
                "INGEST_PORT",
                "0",
                "INGEST_HOST",
                "127.0.0.1",
                "CATALOG",
                catalog,
                "RATE_LIMIT_REFUSED_REQUESTS",
                "0",
                "REDIS_QUEUE_URL",
                url.toString(),
                "REDIS_KEY_PREFIX",
                prefix)));
    }

    @AfterEach
    void empty() {
        while (queue.claim(100, Duration.ofMinutes(1)) instanceof Claim claim) {
            queue.settle(claim, List.of(), Map.of());
        }
    }

    @AfterAll
    void stop() {
        http.close();
        ingest.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            school   |               | {"id":"e1","resource":"enrollment","action":"created"}  | enrollment.created       | e1    | false
            payments |               | {"id":"evt_1","type":"payment_intent.succeeded"}        | payment_intent.succeeded | evt_1 | true
            shop     | orders/create | {"id":820982911946154508}                               | orders.create            | d-1   | false
            code     | push          | {"ref":"refs/heads/main"}                               | push                     | d-1   | true
            code     | issues.opened | {"action":"opened"}                                     | issues.opened            | d-1   | false
            crm      |               | {"type":"contact.created","id":"none"}                  | contact.created          | d-1   | false
            legacy   | Order:Paid    | {"n":1}                                                 | order.paid               | d-1   | false
            plain    |               | {"meta":{"id":7,"what":"seat-taken"}}                   | seat_taken               | 7     | false
            """)
    void aDeliveryBecomesAJobOnce(String name, String said, String body, String topic, String id, boolean known)
            throws Exception {
        var site = site(name);
        var bytes = body.getBytes(UTF_8);
        var headers = Signatures.headers(site, said == null ? "" : said, "d-1", Instant.now(), bytes);
        var first = post("/webhooks/" + name, headers, bytes);
        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        assertThat(first.body())
                .startsWith("{\"status\":\"accepted\",\"id\":\"" + name + ":" + topic + ":" + id + "\"");
        assertThat(first.body().contains("\"known\":false")).isEqualTo(!known);

        var again = Signatures.headers(site, said == null ? "" : said, "d-1", Instant.now(), bytes);
        assertThat(post("/webhooks/" + site.scheme() + "/" + name, again, bytes).body())
                .contains("duplicate");

        var jobs = ((Claim) queue.claim(100, Duration.ofMinutes(1))).jobs();
        assertThat(jobs).extracting(Job::site).containsExactly(name);
        assertThat(jobs).extracting(Job::topic).containsExactly(topic);
        assertThat(jobs).extracting(Job::body).containsExactly(bytes);
        assertThat(jobs).extracting(Job::awaited).containsExactly(false);
    }

    @Test
    void theAddressOfASchemeIsThatOfItsOnlySite() throws Exception {
        var body = "{\"id\":\"evt_2\",\"type\":\"a.b\"}".getBytes(UTF_8);
        var headers = Signatures.headers(site("payments"), "", "", Instant.now(), body);
        assertThat(post("/webhooks/stripe", headers, body).body()).contains("\"id\":\"payments:a.b:evt_2\"");
        assertThat(post("/webhooks/hmac", headers, body).statusCode()).isEqualTo(404);
        assertThat(post("/webhooks/app", headers, body).statusCode()).isEqualTo(404);
        assertThat(post("/webhooks/shopify/payments", headers, body).statusCode())
                .isEqualTo(404);
    }

    /** No answer to what is refused holds a signature, a secret or a word of the body. */
    @ParameterizedTest
    @CsvSource({"school", "payments", "shop", "code", "crm", "legacy", "plain"})
    void whatAnotherSiteSignedIsRefused(String name) throws Exception {
        var body = "{\"id\":\"1\",\"type\":\"a.b\",\"meta\":{\"what\":\"a\"},\"hidden\":\"hidden\"}".getBytes(UTF_8);
        var other = new Site(
                name, site(name).scheme(), List.of("Z3Vlc3M="), site(name).signing());
        var headers = Signatures.headers(other, "a/b", "d-2", Instant.now(), body);
        var answer = post("/webhooks/" + name, headers, body);
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body())
                .contains("signature_wrong", headers.lastEntry().getKey())
                .doesNotContain("secret\"", "hidden", headers.lastEntry().getValue());
    }

    @Test
    void aStandardDeliveryUnderAnotherIdIsRefused() throws Exception {
        var body = "{\"type\":\"a.b\"}".getBytes(UTF_8);
        var headers = Signatures.headers(site("crm"), "", "msg_1", Instant.now(), body);
        headers.put("webhook-id", "msg_2");
        assertThat(post("/webhooks/crm", headers, body).body()).contains("signature_wrong");
    }

    @ParameterizedTest
    @CsvSource({"payments, 600", "payments, -3600", "crm, 600", "crm, -3600", "legacy, 600", "legacy, -3600"})
    void whatWasSignedTooLongAgoOrTooFarAheadIsRefused(String name, int seconds) throws Exception {
        var body = "{\"type\":\"a.b\"}".getBytes(UTF_8);
        var headers = Signatures.headers(site(name), "a.b", "d-3", Instant.now().minusSeconds(seconds), body);
        assertThat(post("/webhooks/" + name, headers, body).body()).contains("signature_expired");
    }

    @ParameterizedTest
    @CsvSource({
        "shop, X-Shopify-Topic, true",
        "shop, X-Shopify-Webhook-Id, false",
        "code, X-GitHub-Event, true",
        "code, X-GitHub-Delivery, false",
        "legacy, X-Topic, true",
        "legacy, X-Request-Id, false"
    })
    void aHeaderThatIsNotSignedComesOnce(String name, String header, boolean needed) throws Exception {
        var body = ("{\"" + header + "\":1}").getBytes(UTF_8);
        var headers = Signatures.headers(site(name), "a", "d-4", Instant.now(), body);
        var right = Objects.requireNonNull(headers.get(header));
        for (var more : List.of(right, "other", "")) {
            var answer = post("/webhooks/" + name, headers, body, header, more);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body())
                    .isEqualTo("{\"error\":\"malformed\",\"message\":\"send the header " + header + " once\"}");
        }
        headers.remove(header);
        assertThat(post("/webhooks/" + name, headers, body).statusCode()).isEqualTo(needed ? 400 : 200);
    }

    @Test
    void aTopicThatCannotBeOneIsADeadLetter() throws Exception {
        var body = "{\"dead\":1}".getBytes(UTF_8);
        for (var topic : List.of("a b", "ada@example.com", "x".repeat(97))) {
            var headers = Signatures.headers(site("shop"), topic, "d-5", Instant.now(), body);
            assertThat(post("/webhooks/shop", headers, body).body())
                    .contains("shop:unreadable:")
                    .doesNotContain("@");
        }
    }

    private Site site(String name) {
        return Objects.requireNonNull(sites.get(name));
    }

    private HttpResponse<String> post(String path, Map<String, String> headers, byte[] body, String... more)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingest.port() + path))
                .POST(BodyPublishers.ofByteArray(body));
        new LinkedHashMap<>(headers).forEach(request::header);
        return http.send((more.length == 0 ? request : request.headers(more)).build(), BodyHandlers.ofString());
    }
}
