package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Attempt;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import dev.freshet.queue.Claim;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.Verdict;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedCluster;
import dev.freshet.testing.EmbeddedRedis;
import dev.freshet.testing.Samples;
import dev.freshet.testing.TestServices;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The service over HTTP, on a real Redis; the tests play the worker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IngestIT {
    private static final String CATALOG = """
            application: shop
            sites:
              main: { scheme: thinkific, secrets: "${MAIN_SECRETS}" }
              second: { scheme: thinkific, secrets: "two" }
              open: { scheme: thinkific, secrets: "${UNSET_SECRET}" }
              app: { scheme: freshet, secrets: "app-secret" }
            events:
              enrollment.created:
                with: { enrollmentId: /payload/id }
                tags: [ "enrollment:{enrollmentId}" ]
              applicant.approved:
                route: PATCH /api/applicants/cached
                from: app
                with: { cohortId: /payload/cohortId }
                tags: [ "cohort:{cohortId}" ]
            """;
    private static final String WEBHOOKS = "/webhooks/thinkific";

    private final HttpClient http = HttpClient.newHttpClient();
    private final String prefix = TestServices.shared().newPrefix();
    private final QueueOptions options = QueueOptions.defaults(prefix);
    private RedisServer server;
    private Ingest ingest;
    private Path catalog;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        catalog = Files.writeString(directory.resolve("shop.yaml"), CATALOG);
        var url = TestServices.shared().queueUrl();
        server = new RedisServer("test", url, Duration.ofSeconds(20));
        ingest = Ingest.start(settings(url, prefix, Map.of()));
    }

    @AfterAll
    void stop() {
        ingest.close();
        server.close();
    }

    @Test
    void everyPublishedSampleIsAcceptedAndItsBytesLieInTheQueue() throws Exception {
        try (var other = new Service(Map.of())) {
            for (var topic : Samples.TOPICS) {
                var answer = other.webhook(Samples.bytes(topic), "one");
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).startsWith("{\"status\":\"accepted\",\"id\":\"main:" + topic + ":");
            }
            var jobs = other.claim().jobs();
            assertThat(jobs).extracting(Job::topic).containsExactlyElementsOf(Samples.TOPICS);
            assertThat(jobs).extracting(Job::site).containsOnly("main");
            for (var job : jobs) {
                assertThat(job.body()).isEqualTo(Samples.bytes(job.topic()));
                assertThat(job.awaited()).isFalse();
            }
        }
    }

    @Test
    void aSecondArrivalIsADuplicate() throws Exception {
        var body = delivery("again");
        assertThat(webhook(body, "one").body()).contains("\"accepted\"");
        var second = webhook(body, "one");
        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.body()).isEqualTo("{\"status\":\"duplicate\",\"id\":\"main:enrollment.created:again\"}");
    }

    @Test
    void theSitesOfTheAddressHaveSecretsOfTheirOwn() throws Exception {
        assertThat(send(WEBHOOKS + "/second", delivery("s1"), "two").statusCode())
                .isEqualTo(200);
        assertThat(send(WEBHOOKS + "/second", delivery("s2"), "one").statusCode())
                .isEqualTo(401);
        assertThat(send(WEBHOOKS + "/main", delivery("s3"), "two").statusCode()).isEqualTo(401);
        assertThat(send(WEBHOOKS + "/main", delivery("s4"), "one-rotated").statusCode())
                .isEqualTo(200);
        assertThat(send(WEBHOOKS + "/app", delivery("s5"), "app-secret").statusCode())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "anything", "${UNSET_SECRET}"})
    void aSiteWithoutASecretIsClosed(String guess) throws Exception {
        var signature = guess.isEmpty() ? "00".repeat(32) : Hmac.signHex(guess, delivery("x"));
        var answer = post(WEBHOOKS + "/open", delivery("x"), "X-Thinkific-Hmac-Sha256", signature);
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("signature_wrong");
    }

    @Test
    void theHeaderIsFoundInAnyCase() throws Exception {
        var body = delivery("case");
        var answer = post(WEBHOOKS, body, "x-thinkific-HMAC-sha256", Hmac.signHex("one", body));
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /webhooks/thinkific         | {"id":"1"} | 401 | signature_missing
                    /webhooks/thinkific         | no json    | 400 | malformed
                    /webhooks/thinkific         | ''         | 400 | malformed
                    /webhooks/thinkific/nowhere | {"id":"1"} | 404 | unknown_site
                    /webhooks/stripe            | {"id":"1"} | 404 | unknown_site
                    /events                     | {"id":"1"} | 401 | signature_missing
                    /nowhere                    | {"id":"1"} | 404 | not_found
                    /health                     | {"id":"1"} | 405 | method_not_allowed
                    """)
    void whatIsNotSignedIsToldWhatToDo(String path, String body, int status, String error) throws Exception {
        var answer = post(path, body.getBytes(UTF_8));
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).startsWith("{\"error\":\"" + error + "\",\"message\":\"");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.headers().firstValue("Server")).isEmpty();
    }

    @Test
    void aWrongMethodIsToldTheRightOne() throws Exception {
        var answer = http.send(request(WEBHOOKS).GET().build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
        assertThat(answer.body()).contains("method_not_allowed");
    }

    @Test
    void aSignedBodyThatCannotBeReadIsKeptAsADeadLetter() throws Exception {
        var body = "{\"id\":\"1\",\"resource\":\"enrollment\"".getBytes(UTF_8);
        var answer = webhook(body, "one");
        var id = "main:unreadable:" + Sha256.hex(body);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).startsWith("{\"status\":\"dead\",\"id\":\"" + id + "\"");

        var letter = new DeadLetters(server, options).find(id).orElseThrow();
        assertThat(letter.job().body()).isEqualTo(body);
        assertThat(letter.last().step()).isEqualTo("decode");
        assertThat(letter.last().error()).startsWith("not JSON at byte");

        assertThat(webhook(body, "one").body()).contains("\"duplicate\"");
        assertThat(new DeadLetters(server, options).list(DeadFilter.all(), 0, 10))
                .hasSize(1);
    }

    @Test
    void bothSpellingsOfCancelledBecomeOneTopic() throws Exception {
        for (var action : List.of("canceled", "cancelled")) {
            var body = "{\"id\":\"" + action + "\",\"resource\":\"subscription\",\"action\":\"" + action + "\"}";
            assertThat(webhook(body.getBytes(UTF_8), "one").body()).contains("main:subscription.cancelled:" + action);
        }
    }

    @Test
    void aDeliveryWithoutAnIdIsKnownByItsBytes() throws Exception {
        var body = "{\"resource\":\"plan\",\"action\":\"updated\"}".getBytes(UTF_8);
        assertThat(webhook(body, "one").body()).contains("accepted", Sha256.hex(body));
        assertThat(webhook(body, "one").body()).contains("duplicate");
    }

    @Test
    void aBodyOverTheBoundIsRefusedWithAndWithoutItsLengthSaid() throws Exception {
        var body = new byte[RequestBody.MAX_BYTES + 1];
        assertThat(webhook(body, "one").statusCode()).isEqualTo(413);
        var chunked = request(WEBHOOKS)
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();
        var answer = http.send(chunked, BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("too_large");
    }

    @Test
    void aBodyAtTheBoundIsAcceptedInChunksToo() throws Exception {
        var start = "{\"id\":\"big\",\"topic\":\"a\",\"payload\":\"";
        var body = (start + "x".repeat(RequestBody.MAX_BYTES - start.length() - 2) + "\"}").getBytes(UTF_8);
        var chunked = request(WEBHOOKS)
                .header("X-Thinkific-Hmac-Sha256", Hmac.signHex("one", body))
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();
        assertThat(http.send(chunked, BodyHandlers.ofString()).body()).contains("accepted");
    }

    @Test
    void anEventOfTheApplicationIsAcceptedOnceForEachTimeItIsSent() throws Exception {
        var body = "{\"topic\":\"applicant.approved\",\"payload\":{\"cohortId\":3}}".getBytes(UTF_8);
        var first = event("/events", body);
        var second = event("/events", body);
        assertThat(first.body()).startsWith("{\"status\":\"accepted\",\"id\":\"app:applicant.approved:");
        assertThat(second.body()).contains("accepted").isNotEqualTo(first.body());
    }

    @Test
    void anIdempotencyKeyMakesAnEventWithoutAnIdADuplicate() throws Exception {
        var body = "{\"topic\":\"applicant.approved\",\"payload\":{}}".getBytes(UTF_8);
        var first = post("/events", body, signature(), header(body), "Idempotency-Key", "k1");
        var second = post("/events", body, signature(), header(body), "Idempotency-Key", "k1");
        assertThat(first.body()).isEqualTo("{\"status\":\"accepted\",\"id\":\"app:applicant.approved:k1\"}");
        assertThat(second.body()).contains("duplicate");
    }

    @Test
    void aKeyThatIsAnEMailAddressIsKnownByItsDigest() throws Exception {
        var body = "{\"topic\":\"applicant.approved\",\"payload\":{}}".getBytes(UTF_8);
        var answer = post("/events", body, signature(), header(body), "Idempotency-Key", "ada@example.com");
        assertThat(answer.body())
                .contains("accepted", Sha256.hex("ada@example.com".getBytes(UTF_8)))
                .doesNotContain("@");
    }

    @Test
    void whatIsSignedWithItsAddressIsTakenAtNoOther() throws Exception {
        var body = "{\"topic\":\"applicant.approved\",\"payload\":{}}".getBytes(UTF_8);
        var call = new FreshetSignature.Call("POST", "/events", "signed-whole");
        var header = FreshetSignature.header("app-secret", Instant.now(), call, body);
        var moved = request("/api/applicants/cached")
                .header(signature(), header)
                .header("Idempotency-Key", "signed-whole")
                .method("PATCH", BodyPublishers.ofByteArray(body))
                .build();
        assertThat(http.send(moved, BodyHandlers.ofString()).body()).contains("signature_wrong");
        assertThat(post("/events", body, signature(), header, "Idempotency-Key", "another")
                        .body())
                .contains("signature_wrong");
        assertThat(post("/events", body, signature(), header, "Idempotency-Key", "signed-whole")
                        .body())
                .contains("accepted");
    }

    @Test
    void aSignatureThatComesTwiceIsRefused() throws Exception {
        var body = delivery("twice");
        var right = Hmac.signHex("one", body);
        var name = "X-Thinkific-Hmac-Sha256";
        assertThat(post(WEBHOOKS, body, name, right, name, right).body()).contains("signature_wrong");
        assertThat(post(WEBHOOKS, body, name, right, name, "00").body()).contains("signature_wrong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "identity, gzip", "x"})
    void aCompressedBodyIsRefusedBeforeItIsRead(String coding) throws Exception {
        var body = delivery("packed");
        var right = Hmac.signHex("one", body);
        var answer = post(WEBHOOKS, body, "X-Thinkific-Hmac-Sha256", right, "Content-Encoding", coding);
        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body()).contains("\"encoded\"", "without Content-Encoding");
    }

    @Test
    void aBodyThatIsSaidToBeAsItIsIsTaken() throws Exception {
        var body = delivery("plain");
        var right = Hmac.signHex("one", body);
        var answer = post(WEBHOOKS, body, "X-Thinkific-Hmac-Sha256", right, "Content-Encoding", "Identity");
        assertThat(answer.body()).contains("accepted");
    }

    @Test
    void anEventSignedLongAgoIsRefused() throws Exception {
        var body = "{\"topic\":\"a\"}".getBytes(UTF_8);
        var old = FreshetSignature.header("app-secret", Instant.now().minusSeconds(302), body);
        assertThat(post("/events", body, signature(), old).body()).contains("signature_expired");
    }

    @Test
    void whoWaitsIsAnsweredOnceTheJobIsDone() throws Exception {
        try (var other = new Service(Map.of())) {
            var answer = other.eventLater("/events?wait=applied", "{\"id\":\"w1\",\"topic\":\"applicant.approved\"}");
            var duplicate =
                    other.eventLater("/events?wait=applied", "{\"id\":\"w1\",\"topic\":\"applicant.approved\"}");
            var claim = other.claim();
            assertThat(claim.jobs()).hasSize(1);
            assertThat(answer).isNotDone();
            other.queue.settle(claim, List.of(), Map.of());

            for (var each : List.of(answer, duplicate)) {
                assertThat(each.get().statusCode()).isEqualTo(200);
                assertThat(each.get().body()).contains("app:applicant.approved:w1", "\"applied\":true");
            }
            assertThat(List.of(answer.get().body(), duplicate.get().body()))
                    .anyMatch(body -> body.contains("accepted"))
                    .anyMatch(body -> body.contains("duplicate"));
            assertThat(other.event("/events?wait=applied", "{\"id\":\"w1\",\"topic\":\"applicant.approved\"}")
                            .body())
                    .contains("duplicate", "\"applied\":true");
        }
    }

    @Test
    void whoWaitsForAJobThatFailsIsToldSo() throws Exception {
        try (var other = new Service(Map.of())) {
            var retried = other.eventLater("/events?wait=applied", "{\"id\":\"r\",\"topic\":\"a\"}");
            var buried = other.eventLater("/events?wait=applied", "{\"id\":\"b\",\"topic\":\"b\"}");
            var claim = other.claim(2);
            var why = new Attempt(Instant.now(), "test", "apply", "no");
            other.queue.settle(
                    claim,
                    claim.jobs().stream()
                            .<Verdict>map(job -> job.topic().equals("a")
                                    ? new Verdict.Retry(job, why, Duration.ofMinutes(1))
                                    : new Verdict.Bury(job, why))
                            .toList(),
                    Map.of());

            assertThat(retried.get().statusCode()).isEqualTo(202);
            assertThat(retried.get().body()).contains("\"status\":\"accepted\"", "\"applied\":false");
            assertThat(buried.get().statusCode()).isEqualTo(202);
            assertThat(buried.get().body()).contains("\"status\":\"dead\"", "\"applied\":false", "dead letter");
        }
    }

    @Test
    void aWaitEndsWithItsDeadline() throws Exception {
        try (var other = new Service(Map.of("EVENT_WAIT", "50ms"))) {
            var answer = other.event("/events?wait=applied", "{\"id\":\"late\",\"topic\":\"a\"}");
            assertThat(answer.statusCode()).isEqualTo(202);
            assertThat(answer.body()).contains("\"status\":\"accepted\"", "\"applied\":false");
        }
    }

    @Test
    void aStopAnswersWhoeverWaits() throws Exception {
        var other = new Service(Map.of());
        var answer = other.eventLater("/events?wait=applied", "{\"id\":\"stop\",\"topic\":\"a\"}");
        other.claim();
        other.process.close();
        assertThat(answer.get().statusCode()).isEqualTo(202);
        other.close();
    }

    @Test
    void aRequestUnderWayIsAnsweredBeforeTheEnd() throws Exception {
        var body = delivery("under-way");
        var other = new Service(Map.of());
        int port = other.process.port();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            var head = "POST " + WEBHOOKS + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
                    + body.length + "\r\nX-Thinkific-Hmac-Sha256: " + Hmac.signHex("one", body) + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readNBytes(25), UTF_8))
                    .startsWith("HTTP/1.1 100");

            var closing = CompletableFuture.runAsync(other::close);
            await().until(() -> !accepts(port));
            socket.getOutputStream().write(body);
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .contains("200 OK", "accepted");
            closing.get();
        }
    }

    @Test
    void anAddressThatIsTakenIsSaidAtTheStart() {
        var taken = Map.of("INGEST_PORT", String.valueOf(ingest.port()));
        assertThatThrownBy(() -> new Service(taken))
                .hasMessageContaining("INGEST_PORT=" + ingest.port() + ": Address already in use");
    }

    @Test
    void anUnknownWaitIsRefused() throws Exception {
        assertThat(event("/events?wait=applyed", "{\"topic\":\"a\"}".getBytes(UTF_8))
                        .statusCode())
                .isEqualTo(400);
        assertThat(get("/metrics").body()).contains("freshet_deliveries_total{outcome=\"unknown_wait\"}");
    }

    @Test
    void aWriteRouteWrapsTheBodyAsPayloadAndAlwaysWaits() throws Exception {
        try (var other = new Service(Map.of())) {
            var answer = other.sendLater("PATCH", "/api/applicants/cached", "{ \"cohortId\" : 3 }");
            var claim = other.claim();
            var job = claim.jobs().getFirst();
            assertThat(new String(job.body(), UTF_8))
                    .isEqualTo("{\"topic\":\"applicant.approved\",\"payload\":{ \"cohortId\" : 3 }}");
            assertThat(job.awaited()).isTrue();
            other.queue.settle(claim, List.of(), Map.of());
            assertThat(answer.get().statusCode()).isEqualTo(200);
            assertThat(answer.get().body()).contains("\"applied\":true");

            var broken = other.sendLater("PATCH", "/api/applicants/cached", "{},\"x\":1")
                    .get();
            assertThat(broken.statusCode()).isEqualTo(200);
            assertThat(broken.body()).contains("\"status\":\"dead\"");
        }
    }

    @Test
    void anAddressThatIsRefusedTooOftenIsToldToWaitButGoodRequestsPass() throws Exception {
        try (var other = new Service(Map.of("RATE_LIMIT_REFUSED_REQUESTS", "2"))) {
            for (int i = 0; i < 2; i++) {
                assertThat(other.webhook(delivery("bad"), "wrong").statusCode()).isEqualTo(401);
            }
            var refused = other.webhook(delivery("bad"), "wrong");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(other.webhook(delivery("good"), "one").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theLimitOfWebhooksCountsByTheAddressThatTheTrustedProxySaw() throws Exception {
        var limits = Map.of(
                "RATE_LIMIT_WEBHOOK_REQUESTS", "1",
                "RATE_LIMIT_TIMEOUT", "10s",
                "TRUSTED_PROXIES", "127.0.0.0/8,::1");
        try (var other = new Service(limits)) {
            assertThat(other.from("198.51.100.1", "a").statusCode()).isEqualTo(200);
            assertThat(other.from("198.51.100.1", "b").statusCode()).isEqualTo(429);
            assertThat(other.from("6.6.6.6, 198.51.100.1", "b").statusCode()).isEqualTo(429);
            assertThat(other.from("198.51.100.2", "b").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aProxyThatAddsAHeaderOfItsOwnIsBelievedAndNotTheOneBeforeIt() throws Exception {
        var limits = Map.of(
                "RATE_LIMIT_WEBHOOK_REQUESTS", "1",
                "RATE_LIMIT_TIMEOUT", "10s",
                "TRUSTED_PROXIES", "127.0.0.0/8,::1");
        try (var other = new Service(limits)) {
            assertThat(other.from(List.of("6.6.6.1", "198.51.100.1"), "a").statusCode())
                    .isEqualTo(200);
            assertThat(other.from(List.of("6.6.6.2", "198.51.100.1"), "b").statusCode())
                    .isEqualTo(429);
        }
    }

    @Test
    void aDeliveryThatTooFewReplicasHaveIsAnswered503AndKnownWhenItComesAgain() throws Exception {
        var replicas = Map.of("QUEUE_WAIT_REPLICAS", "1", "QUEUE_WAIT_TIMEOUT", "50ms");
        try (var other = new Service(replicas)) { // the tests' Redis has none
            for (int i = 0; i < 2; i++) {
                var refused = other.webhook(delivery("1"), "one");
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.body()).contains("not_durable");
                assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            }
            assertThat(other.claim().jobs()).hasSize(1);
        }
    }

    @Test
    void deliveriesAreAcceptedOnAClusterWhicheverMasterHoldsThem() throws Exception {
        var patient = Map.of("QUEUE_WAIT_REPLICAS", "1", "QUEUE_WAIT_TIMEOUT", "20s", "REDIS_TIMEOUT", "30s");
        try (var other = new Service(EmbeddedCluster.shared().url(), patient)) {
            for (int i = 0; i < 20; i++) {
                var body = delivery(String.valueOf(i));
                assertThat(other.webhook(body, "one").body()).contains("\"accepted\"");
                assertThat(other.webhook(body, "one").body()).contains("\"duplicate\"");
            }
        }
    }

    @Test
    void timesThatLeaveNoTimeAreRefused() {
        var url = TestServices.shared().queueUrl();
        var own = TestServices.shared().newPrefix();
        var late = Map.of("QUEUE_WAIT_REPLICAS", "1", "QUEUE_WAIT_TIMEOUT", "2s", "REDIS_TIMEOUT", "2s");
        assertThatThrownBy(() -> Ingest.start(settings(url, own, late)))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("QUEUE_WAIT_TIMEOUT must be below REDIS_TIMEOUT, which is 2s");
        assertThatThrownBy(() -> Ingest.start(settings(url, own, Map.of("RATE_LIMIT_TIMEOUT", "0s"))))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("RATE_LIMIT_TIMEOUT must be at least 1ms");
    }

    @Test
    void aProcessThatWantsOtherPartitionsThanThereAreDoesNotStart() {
        var own = TestServices.shared().newPrefix();
        var url = TestServices.shared().queueUrl();
        Ingest.start(settings(url, own, Map.of("QUEUE_PARTITIONS", "3"))).close();
        assertThatThrownBy(() -> Ingest.start(settings(url, own, Map.of("QUEUE_PARTITIONS", "2"))))
                .isInstanceOf(SettingException.class)
                .hasMessageStartingWith("QUEUE_PARTITIONS is 2, but the queue in Redis has 3");
    }

    @Test
    void aQueueAtItsBoundIsAnswered503() throws Exception {
        try (var other = new Service(Map.of("QUEUE_MAX_DEPTH", "1"))) {
            assertThat(other.webhook(delivery("1"), "one").statusCode()).isEqualTo(200);
            var full = other.webhook(delivery("2"), "one");
            assertThat(full.statusCode()).isEqualTo(503);
            assertThat(full.headers().firstValue("Retry-After")).isPresent();
            assertThat(full.body()).contains("queue_full");
            assertThat(other.get("/health/detailed").body()).contains("\"degraded\"", "at its bound");
        }
    }

    @Test
    void withRedisAwayADeliveryIsAnswered503UntilItIsBack() throws Exception {
        int port = EmbeddedRedis.freePort();
        var url = URI.create("redis://127.0.0.1:" + port);
        try (var other = new Service(url, Map.of())) {
            assertThat(other.webhook(delivery("1"), "one").statusCode()).isEqualTo(503);
            assertThat(other.get("/health").statusCode()).isEqualTo(503);
            assertThat(other.head("/health").statusCode()).isEqualTo(503);
            try (var redis = EmbeddedRedis.start(port)) {
                await().until(() -> other.get("/health").statusCode() == 200);
                assertThat(other.webhook(delivery("1"), "one").body()).contains("accepted");
            }
            await().until(() -> other.get("/health").statusCode() == 503);
            var away = other.webhook(delivery("2"), "one");
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(away.headers().firstValue("Retry-After")).isPresent();
            assertThat(away.body()).contains("not_durable").doesNotContain("127.0.0.1", "redis", "Exception");
            assertThat(other.get("/health/detailed").body())
                    .contains("\"down\"", "Redis is away")
                    .doesNotContain("127.0.0.1");
            try (var redis = EmbeddedRedis.start(port)) {
                await().until(() -> other.webhook(delivery("2"), "one").statusCode() == 200);
            }
        }
    }

    @Test
    void healthSaysThatRedisRefusesTheLogin() throws Exception {
        int port = EmbeddedRedis.freePort();
        try (var redis = EmbeddedRedis.start(port, "requirepass right");
                var other = new Service(URI.create("redis://:wrong@127.0.0.1:" + port), Map.of())) {
            await().until(() -> other.get("/health/detailed").body().contains("refuses the login"));
            assertThat(other.get("/health/detailed").body())
                    .contains("\"down\"", "(WRONGPASS)")
                    .doesNotContain("127.0.0.1", "wrong");
        }
    }

    @Test
    void aRedisThatMayEvictJobsIsRefused() throws Exception {
        int port = EmbeddedRedis.freePort();
        var url = URI.create("redis://127.0.0.1:" + port);
        try (var other = new Service(url, Map.of());
                var redis = EmbeddedRedis.start(port, "maxmemory-policy allkeys-lru", "maxmemory 100mb")) {
            await().until(() -> other.get("/health/detailed").body().contains("cannot be used"));
            assertThat(other.webhook(delivery("1"), "one").statusCode()).isEqualTo(503);
            assertThatThrownBy(() -> new Service(redis.url(), Map.of())).hasMessageContaining("allkeys-lru");
        }
    }

    @Test
    void healthAndMetricsTellHowItStands() throws Exception {
        assertThat(get("/health").body()).matches("\\{\"status\":\"(up|degraded)\"}");
        assertThat(get("/health/detailed").body())
                .contains("\"queue\":{\"status\":\"up\",\"latencyMs\":", "site open has no secret")
                .doesNotContain("one", "two", "app-secret");
        webhook(delivery("metrics"), "one");
        var metrics = get("/metrics");
        assertThat(metrics.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
        assertThat(metrics.body())
                .contains("freshet_deliveries_total{outcome=\"accepted\"}", "freshet_ingest_answer_seconds_bucket");
    }

    @Test
    void whoDoesNotRunItSeesOnlyWhetherItIsUp() throws Exception {
        for (var path : List.of("/metrics", "/health/detailed")) {
            var proxied = http.send(
                    request(path).header("X-Forwarded-For", "203.0.113.9").build(), BodyHandlers.ofString());
            assertThat(proxied.statusCode()).isEqualTo(403);
            assertThat(proxied.body()).contains("\"closed\"", "ADMIN_TOKEN").doesNotContain("queue", "freshet_");
        }
        try (var other = new Service(Map.of("ADMIN_TOKEN", "letmein", "RATE_LIMIT_REFUSED_REQUESTS", "2"))) {
            for (int status : new int[] {401, 401, 429}) {
                assertThat(other.get("/metrics").statusCode()).isEqualTo(status);
            }
            var right = other.at("/metrics").header("Authorization", "Bearer letmein");
            assertThat(http.send(right.build(), BodyHandlers.ofString()).body())
                    .contains("freshet_deliveries_total{outcome=\"token_missing\"} 2.0")
                    .doesNotContain("letmein");
            assertThat(other.get("/health").body()).isEqualTo("{\"status\":\"degraded\"}");
        }
    }

    @Test
    void aContentTypeThatIsNoneHarmsNobody() throws Exception {
        var body = "{\"topic\":\"applicant.approved\"}".getBytes(UTF_8);
        var answer = post("/events?a=b", body, signature(), header(body), "Content-Type", "a/b; charset");
        assertThat(answer.body()).contains("accepted");
    }

    @Test
    void whoAsksForTheHeadOnlyIsAskedWhoHeIsToo() throws Exception {
        for (var path : List.of("/metrics", "/health/detailed")) {
            var head = request(path)
                    .HEAD()
                    .header("X-Forwarded-For", "203.0.113.9")
                    .build();
            assertThat(http.send(head, BodyHandlers.discarding()).statusCode()).isEqualTo(403);
        }
    }

    @Test
    void anUnknownTopicIsAcceptedCountedAndSaidToBeUnknown() throws Exception {
        var body = "{\"id\":\"u\",\"resource\":\"planet\",\"action\":\"discovered\"}".getBytes(UTF_8);
        assertThat(webhook(body, "one").body())
                .isEqualTo("{\"status\":\"accepted\",\"id\":\"main:planet.discovered:u\",\"known\":false}");
        assertThat(get("/metrics").body()).contains("freshet_unknown_topics_total");
    }

    @Test
    void anUnreadableDeliveryIsNoUnknownTopic() throws Exception {
        try (var other = new Service(Map.of())) {
            other.webhook("no json".getBytes(UTF_8), "one");
            assertThat(other.get("/metrics").body())
                    .contains("freshet_deliveries_total{outcome=\"dead\"} 1.0")
                    .doesNotContain("freshet_unknown_topics_total");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GARBAGE\r\n\r\n",
                "GET /health HTTP/1.1\r\n\r\n",
                "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /health;a=b/..;/x HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /webhooks/thinkific HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
                "POST /webhooks/thinkific HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
                "POST /webhooks/thinkific HTTP/1.1\r\nHost: x\r\nX: LONG\r\n\r\n",
                "OPTIONS ? HTTP/1.1\r\nHost: x\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
                "BREW /health HTTP/1.1\r\nHost: x\r\n\r\n",
                "TRACE /health HTTP/1.1\r\nHost: x\r\n\r\n"
            })
    void brokenRequestsAreAnsweredWithoutAWordOfTheInside(String raw) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), ingest.port())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write(raw.replace("LONG", "x".repeat(20_000)).getBytes(UTF_8));
            socket.shutdownOutput();
            var answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
            assertThat(answer).matches("(?s)HTTP/1.1 4\\d\\d .*");
            assertThat(answer).contains("{\"error\":\"", "application/json");
            assertThat(answer.toLowerCase(java.util.Locale.ROOT))
                    .doesNotContain("jetty", "javalin", "exception", "\tat ");
        }
    }

    @Test
    void theSettingsOfThisProcessAreCheckedAtItsStart() {
        for (var wrong : List.of("INGEST_PROT", "EVENT_WIAT", "SEEN_FRO", "TRUSTED_PROXY")) {
            assertThatThrownBy(() -> new Service(Map.of(wrong, "1")))
                    .hasMessageStartingWith(wrong + " is no setting of this process; did you mean ");
        }
        assertThatThrownBy(() -> new Service(Map.of("TRUSTED_PROXIES", "proxy")))
                .hasMessageContaining("10.0.0.0/8, was 'proxy'");
    }

    private Settings settings(URI redis, String keyPrefix, Map<String, String> more) {
        var environment = new HashMap<>(Map.of(
                "INGEST_PORT", "0",
                "INGEST_HOST", "127.0.0.1",
                "CATALOG", catalog.toString(),
                "MAIN_SECRETS", "one,one-rotated",
                "RATE_LIMIT_REFUSED_REQUESTS", "0",
                "REDIS_QUEUE_URL", redis.toString(),
                "REDIS_KEY_PREFIX", keyPrefix));
        environment.putAll(more);
        return new Settings(environment);
    }

    private static byte[] delivery(String id) {
        return ("{\"id\":\"" + id + "\",\"resource\":\"enrollment\",\"action\":\"created\",\"payload\":{\"id\":1}}")
                .getBytes(UTF_8);
    }

    private static boolean accepts(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static String signature() {
        return FreshetSignature.HEADER;
    }

    private static String header(byte[] body) {
        return FreshetSignature.header("app-secret", Instant.now(), body);
    }

    private HttpResponse<String> webhook(byte[] body, String secret) throws Exception {
        return send(WEBHOOKS, body, secret);
    }

    private HttpResponse<String> send(String path, byte[] body, String secret) throws Exception {
        return post(path, body, "X-Thinkific-Hmac-Sha256", Hmac.signHex(secret, body));
    }

    private HttpResponse<String> event(String path, byte[] body) throws Exception {
        return post(path, body, signature(), header(body));
    }

    private HttpResponse<String> post(String path, byte[] body, String... headers) throws Exception {
        return http.send(
                with(request(path), headers)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path).GET().build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ingest.port() + path));
    }

    private static HttpRequest.Builder with(HttpRequest.Builder request, String... headers) {
        return headers.length == 0 ? request : request.headers(headers);
    }

    /** A service of its own, with its own keys, and the queue behind it. */
    private final class Service implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final Ingest process;
        private final JobQueue queue;

        Service(Map<String, String> more) {
            this(TestServices.shared().queueUrl(), more);
        }

        Service(URI url, Map<String, String> more) {
            var own = TestServices.shared().newPrefix();
            process = Ingest.start(settings(url, own, more));
            queue = new JobQueue(server, QueueOptions.defaults(own));
        }

        HttpResponse<String> webhook(byte[] body, String secret) throws Exception {
            return client.send(
                    at(WEBHOOKS)
                            .header("X-Thinkific-Hmac-Sha256", Hmac.signHex(secret, body))
                            .POST(BodyPublishers.ofByteArray(body))
                            .build(),
                    BodyHandlers.ofString());
        }

        HttpResponse<String> from(String address, String id) throws Exception {
            return from(List.of(address), id);
        }

        HttpResponse<String> from(List<String> addresses, String id) throws Exception {
            var body = delivery(id);
            var request = at(WEBHOOKS).header("X-Thinkific-Hmac-Sha256", Hmac.signHex("one", body));
            addresses.forEach(address -> request.header("X-Forwarded-For", address));
            return client.send(request.POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString());
        }

        HttpResponse<String> event(String path, String body) throws Exception {
            return eventLater(path, body).get();
        }

        CompletableFuture<HttpResponse<String>> eventLater(String path, String body) {
            return sendLater("POST", path, body);
        }

        CompletableFuture<HttpResponse<String>> sendLater(String method, String path, String body) {
            var bytes = body.getBytes(UTF_8);
            var request = at(path).header(signature(), header(bytes))
                    .method(method, BodyPublishers.ofByteArray(bytes))
                    .build();
            return client.sendAsync(request, BodyHandlers.ofString());
        }

        HttpResponse<String> get(String path) throws Exception {
            return client.send(at(path).GET().build(), BodyHandlers.ofString());
        }

        HttpResponse<String> head(String path) throws Exception {
            return client.send(at(path).HEAD().build(), BodyHandlers.ofString());
        }

        Claim claim() {
            return claim(1);
        }

        /** Claims once so many jobs are ready. */
        Claim claim(int atLeast) {
            await().until(() -> queue.status().ready() >= atLeast);
            return (Claim) queue.claim(100, Duration.ofMinutes(1));
        }

        private HttpRequest.Builder at(String path) {
            return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + process.port() + path));
        }

        @Override
        public void close() {
            client.close(); // first, since a server that ends gives open connections a second
            process.close();
        }
    }
}
