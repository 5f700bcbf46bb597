package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Site;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Read;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.TokenIssuer;
import dev.freshet.model.FreshetSignature;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.interfaces.RSAPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** Speaks to a stage as its senders and readers do. */
public final class Sender implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Stage stage;

    /** A request that is signed and ready to be sent. */
    record Request(String method, URI address, SequencedMap<String, String> headers, String body) {
        /** Does the same when it is pasted. */
        String curl() {
            var all = headers.entrySet().stream()
                    .map(header -> " -H " + quoted(header.getKey() + ": " + header.getValue()))
                    .collect(Collectors.joining());
            return "curl -sS -X " + method + " " + address + all + " -d " + quoted(body);
        }
    }

    public Sender(Stage stage) {
        this.stage = stage;
    }

    @Override
    public void close() {
        http.close();
    }

    /** Signed at this moment. */
    Request request(Act.Webhook delivery, Instant now) {
        var site = delivery.site();
        var body = Story.filled(delivery.body(), now);
        var headers = new LinkedHashMap<String, String>();
        if (delivery.signed() != Signed.NONE) {
            var signer = delivery.signed() == Signed.RIGHT ? site : stranger(site);
            headers.putAll(Signatures.headers(
                    signer, delivery.topic(), "msg_" + UUID.randomUUID(), now, body.getBytes(UTF_8)));
        }
        return new Request("POST", stage.ingest("/webhooks/" + address(site)), headers, body);
    }

    Request request(Act.Event event, Instant now) {
        var payload = Story.filled(event.payload(), now).strip();
        var body = "{\"topic\":\"" + event.topic() + "\",\"payload\":" + payload + "}";
        return signed(event.site(), "POST", "/events?wait=applied", body, now);
    }

    Request request(Act.Write write, Instant now) {
        var route = write.route();
        return signed(
                write.site(),
                route.method(),
                route.path(),
                Story.filled(write.payload(), now).strip(),
                now);
    }

    private Request signed(Site site, String method, String target, String body, Instant now) {
        var call = new FreshetSignature.Call(method, target, "");
        var header = FreshetSignature.header(site.secrets().getFirst(), now, call, body.getBytes(UTF_8));
        return new Request(
                method, stage.ingest(target), new LinkedHashMap<>(Map.of(FreshetSignature.HEADER, header)), body);
    }

    /** Somebody who knows how the site signs, but not its secret. */
    private static Site stranger(Site site) {
        var secrets = site.secrets().stream()
                .map(secret -> secret.substring(0, secret.length() - 4) + "AAAA")
                .toList();
        return new Site(site.name(), site.scheme(), secrets, site.signing());
    }

    /** The main site of a scheme has its address too. */
    static String address(Site site) {
        return site.name().equals("main") ? site.scheme().toString() : site.name();
    }

    HttpResponse<String> send(Request request) {
        var builder = HttpRequest.newBuilder(request.address())
                .method(request.method(), BodyPublishers.ofString(request.body()))
                .header("Content-Type", "application/json");
        request.headers().forEach(builder::header);
        return send(builder);
    }

    HttpResponse<String> get(Read read) {
        return send(request(read));
    }

    /** From a process that has no cache. */
    HttpResponse<String> load(Read read) {
        return send(request(read, stage.uncached(read.path())));
    }

    HttpRequest.Builder request(Read read) {
        return request(read, stage.reads(read.path()));
    }

    private HttpRequest.Builder request(Read read, URI address) {
        var request = HttpRequest.newBuilder(address);
        read.as().ifPresent(reader -> request.header("Authorization", "Bearer " + token(reader)));
        return request;
    }

    /** Reads it when it is pasted within an hour. */
    String curl(Read read) {
        var token = read.as()
                .map(reader -> " -H 'Authorization: Bearer " + token(reader) + "'")
                .orElse("");
        return "curl -i " + quoted(stage.reads(read.path()).toString()) + token;
    }

    /** Good for an hour. */
    String token(Reader reader) {
        var issuer = Objects.requireNonNull(stage.catalog().tokens().get(reader.issuer()));
        var token = JWT.create().withExpiresAt(Instant.now().plus(Duration.ofHours(1)));
        issuer.issuer().ifPresent(token::withIssuer);
        issuer.audience().ifPresent(token::withAudience);
        reader.claims().values().forEach(token::withClaim);
        reader.claims().lists().forEach(token::withClaim);
        return switch (issuer.algorithm()) {
            case HS256 -> token.sign(Algorithm.HMAC256(secret(issuer, reader.signed())));
            case RS256 ->
                token.sign(Algorithm.RSA256((RSAPrivateKey) stage.story().rsa().orElseThrow()));
        };
    }

    private static byte[] secret(TokenIssuer issuer, Signed signed) {
        var secret = issuer.keys().getFirst().getEncoded();
        if (signed != Signed.RIGHT) {
            secret[0]++;
        }
        return secret;
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(DEADLINE).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
