package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Place;
import dev.freshet.catalog.Scheme;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Signing;
import dev.freshet.catalog.Site;
import dev.freshet.model.FreshetSignature;
import dev.freshet.testing.Samples;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Requests that nobody sends by mistake alone: valid ones of every kind, of which a few things are changed, before they are
 * signed, so that everything behind the signature is reached, or after, so that it must not be.
 */
final class MutatedRequests {
    static final String SITE_SECRET = "fuzz-site-secret";
    static final String APP_SECRET = "fuzz-app-secret";
    private static final String STANDARD_SECRET = "whsec_ZnV6ei1zdGFuZGFyZC1zZWNyZXQtMTIz";
    /** No log line and no answer may hold one of them. */
    static final List<String> SECRETS = List.of(SITE_SECRET, APP_SECRET, STANDARD_SECRET);
    /** Stands in paths, headers and bodies; no log line may hold it. */
    static final String MARK = "leaked.person@example.com";

    static final String CATALOG = """
            application: fuzz
            sites:
              main: { scheme: thinkific, secrets: "fuzz-site-secret" }
              payments: { scheme: stripe, secrets: "fuzz-site-secret" }
              shop: { scheme: shopify, secrets: "fuzz-site-secret" }
              code: { scheme: github, secrets: "fuzz-site-secret" }
              crm: { scheme: standard, secrets: "whsec_ZnV6ei1zdGFuZGFyZC1zZWNyZXQtMTIz" }
              legacy:
                scheme: hmac
                secrets: "fuzz-site-secret"
                signing: { header: X-Signature, prefix: "sha256=", timestamp: X-Time, id: X-Request-Id, topic: X-Topic }
              plain:
                scheme: hmac
                secrets: "fuzz-site-secret"
                signing: { header: X-Mac, encoding: base64, id: /meta/id, topic: /meta/what }
              closed: { scheme: thinkific, secrets: "${UNSET_SECRET}" }
              app: { scheme: freshet, secrets: "fuzz-app-secret" }
            events:
              enrollment.created: { with: { id: /payload/id }, tags: [ "enrollment:{id}" ] }
              applicant.approved:
                route: PATCH /api/applicants/cached
                from: app
                with: { cohortId: /payload/cohortId }
                tags: [ "cohort:{cohortId}" ]
              applicant.removed:
                route: DELETE /api/applicants/cached
                from: app
                with: { cohortId: /payload/cohortId }
                tags: [ "cohort:{cohortId}" ]
            """;

    /** The same as in the catalog. */
    private static final List<Site> PROVIDERS = List.of(
            new Site("main", Scheme.THINKIFIC, List.of(SITE_SECRET)),
            new Site("payments", Scheme.STRIPE, List.of(SITE_SECRET)),
            new Site("shop", Scheme.SHOPIFY, List.of(SITE_SECRET)),
            new Site("code", Scheme.GITHUB, List.of(SITE_SECRET)),
            new Site("crm", Scheme.STANDARD, List.of(STANDARD_SECRET)),
            hmac(
                    "legacy",
                    new Signing(
                            "X-Signature",
                            "sha256=",
                            false,
                            Optional.of("X-Time"),
                            Duration.ofMinutes(5),
                            Optional.of(new Place.Header("X-Request-Id")),
                            new Place.Header("X-Topic"))),
            hmac(
                    "plain",
                    new Signing(
                            "X-Mac",
                            "",
                            true,
                            Optional.empty(),
                            Duration.ZERO,
                            Optional.of(Place.field("/meta/id")),
                            Place.field("/meta/what"))));

    /** Headers that a signature covers. */
    private static final Set<String> SIGNED = Set.of("webhook-id", "webhook-timestamp", "X-Time");

    private static final List<String> TOKENS = List.of(
            "\"type\":\"a.b\"",
            "\"meta\":{\"what\":\"a.b\"}",
            "\"action\":\"opened\"",
            "{",
            "}",
            "[",
            "]",
            "\"",
            ",",
            ":",
            "null",
            "true",
            "1e999999",
            "-0",
            "\\u0000",
            "\\ud800",
            "\"id\":",
            "\"topic\":\"applicant.approved\"",
            "\"topic\":7",
            "\u00e4",
            "\u0000",
            "\r\n",
            "\ufeff",
            "\"payload\":{}",
            "9".repeat(400),
            MARK,
            "/*",
            "'",
            "NaN");
    private static final List<String> PATHS = List.of(
            "/webhooks/thinkific",
            "/webhooks/thinkific/main",
            "/webhooks/thinkific/closed",
            "/webhooks/freshet/app",
            "/webhooks/thinkific/" + MARK,
            "/webhooks/stripe",
            "/webhooks/payments",
            "/webhooks/shopify/shop",
            "/webhooks/code",
            "/webhooks/standard",
            "/webhooks/hmac",
            "/webhooks/app",
            "/events",
            "/events?wait=applyed",
            "/api/applicants/cached",
            "/health",
            "/health/detailed",
            "/metrics",
            "/",
            "*",
            "//",
            "/webhooks/thinkific/",
            "/webhooks//thinkific",
            "/webhooks/./thinkific",
            "/webhooks/../events",
            "/webhooks/%2e%2e/events",
            "/webhooks/thinkific%2Fmain",
            "/webhooks/thinkific/%00",
            "/webhooks/thinkific/%zz",
            "/webhooks/%ff",
            "/webhooks/thinkific;a=b",
            "/events;jsessionid=1",
            "/events?wait=%zz",
            "/events?wait=a&wait=b",
            "/events?%",
            "/events?" + "a=b&".repeat(300),
            "http://elsewhere/events",
            "https://x:99999/events",
            "elsewhere:443",
            "/events#part",
            "/ev ents",
            "/\u00e9",
            "/" + "a".repeat(3_000),
            "/" + "a/".repeat(3_000),
            "\\events",
            "/webhooks/thinkific/main%0d%0aX:1",
            "?",
            "http://[::1",
            "/events?wait=applied\u0000");
    private static final List<String> METHODS = List.of(
            "GET",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "HEAD",
            "OPTIONS",
            "TRACE",
            "CONNECT",
            "PROPFIND",
            "PRI",
            "post",
            "P OST",
            "",
            "X".repeat(200),
            "BREW");
    private static final List<String> VERSIONS =
            List.of("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "http/1.1", "", "HTTP/9.9", "JUNK");
    private static final List<String> HEADERS = List.of(
            "Content-Length: 0",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Content-Length: 5",
            "Content-Length: 1, 1",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: chunked, chunked",
            "transfer-encoding:\tchunked",
            "Content-Encoding: gzip",
            "Content-Encoding: identity",
            "Content-Encoding: br, gzip",
            "Expect: 100-continue",
            "Expect: miracles",
            "Connection: close",
            "Connection: keep-alive",
            "Connection: upgrade",
            "Upgrade: h2c",
            "Upgrade: websocket",
            "HTTP2-Settings: AAMAAABkAAQ",
            "Host: other",
            "Host:",
            "Host: a b",
            "Host: [",
            "Content-Type: text/xml; charset=none",
            "Content-Type: ;;;",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Type: multipart/form-data",
            "Content-Type: application/json; charset=utf-16",
            "Cookie: a=\"b; c=" + MARK,
            "Cookie: $Version=9;;;=",
            "Accept-Encoding: gzip;q=2, *;q=x",
            "Range: bytes=0-1,-9",
            "If-None-Match: \"",
            "Authorization: Bearer x",
            "Authorization: Basic !!!",
            "X-Forwarded-For: 203.0.113.7",
            "X-Forwarded-For: " + MARK + ", ::1%eth0",
            "Forwarded: for=\"_x\";;",
            "X-Thinkific-Hmac-Sha256: 00",
            "X-Thinkific-Hmac-Sha256: ",
            "X-Freshet-Signature: t=1,v1=00",
            "X-Freshet-Signature: t=,v2=",
            "Stripe-Signature: t=1,v1=00,v0=,t=",
            "X-Shopify-Topic: orders/delete",
            "X-Shopify-Topic: " + MARK,
            "X-Shopify-Webhook-Id: \u00e4",
            "X-GitHub-Event: push",
            "X-GitHub-Delivery: " + MARK,
            "webhook-id: a.1",
            "webhook-timestamp: 99999999999999999999",
            "webhook-signature: v1, v1,AAAA v1a,x",
            "X-Time: ",
            "X-Topic: a:b@c",
            "Idempotency-Key: " + MARK,
            "Idempotency-Key: \u00e4\u0001",
            "Idempotency-Key: a",
            "X: " + "y".repeat(9_000),
            "X\u0000: 1",
            "X : 1",
            ": empty",
            "no colon",
            " folded",
            "\tfolded: 1",
            "X: a\u0000b",
            "X: a\rb",
            "Trailer: X-Freshet-Signature",
            "TE: trailers",
            "Date: yesterday",
            "Max-Forwards: 0",
            "Via: 1.1 x",
            "Accept: " + "*/*,".repeat(500));
    private static final byte[][] SAMPLES = samples();

    private final RandomGenerator random;
    private long next;

    MutatedRequests(RandomGenerator random, long first) {
        this.random = random;
        this.next = first;
    }

    /**
     * One connection's bytes.
     *
     * @param mayBeQueued the jobs' bodies to which what is in it entitles; empty for none
     * @param refused whether the first request must be refused, since it was changed after it was signed
     * @param requests how many were put into it, one after the other
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(byte[] bytes, List<byte[]> mayBeQueued, boolean refused, int requests) {}

    private enum Kind {
        WEBHOOK,
        EVENT,
        WRITE
    }

    Sent next() {
        int pipelined = random.nextInt(20) == 0 ? 2 + random.nextInt(4) : 1;
        var bytes = new ByteArrayOutputStream();
        var bodies = new ArrayList<byte[]>();
        boolean refused = false;
        for (int i = 0; i < pipelined; i++) {
            var one = one();
            bytes.writeBytes(one.bytes());
            bodies.addAll(one.mayBeQueued());
            refused = pipelined == 1 && one.refused();
        }
        return new Sent(bytes.toByteArray(), bodies, refused, pipelined);
    }

    private Sent one() {
        var kind = Kind.values()[random.nextInt(3)];
        var site = pick(PROVIDERS);
        var body = kind == Kind.WEBHOOK ? delivery(site) : body(kind);
        var method = kind == Kind.WRITE ? pick(List.of("PATCH", "DELETE")) : "POST";
        var path = switch (kind) {
            case WEBHOOK ->
                pick(List.of(
                        "/webhooks/" + site.name(),
                        "/webhooks/" + site.scheme(),
                        "/webhooks/" + site.scheme() + "/" + site.name()));
            case EVENT -> pick(List.of("/events", "/events?wait=applied"));
            case WRITE -> "/api/applicants/cached";
        };
        if (chance(3)) {
            body = mutate(body);
        }
        boolean elsewhere = chance(8);
        if (elsewhere) {
            path = pick(PATHS);
        }
        if (chance(25)) {
            method = pick(METHODS);
        }
        var key = chance(4) ? pick(List.of(MARK, "key-" + next++, "x".repeat(300), "\u00e4")) : "";
        var headers = new ArrayList<String>();
        headers.add("Host: fuzz");
        if (!key.isEmpty()) {
            headers.add("Idempotency-Key: " + key);
        }
        boolean whole = chance(2);
        if (kind == Kind.WEBHOOK) {
            Signatures.headers(site, topic(), chance(30) ? MARK : "d" + next++, Instant.now(), body)
                    .forEach((name, value) -> headers.add(name + ": " + value));
        } else {
            headers.add(signature(method, path, key, body, whole));
        }
        boolean forged = chance(6) && forge(headers);
        var sent = forged && chance(2) && body.length > 0 ? flip(body) : body;
        boolean touched = chance(3);
        for (int i = touched ? 1 + random.nextInt(3) : 0; i > 0; i--) {
            headers.add(random.nextInt(headers.size() + 1), pick(HEADERS));
        }
        if (chance(200)) {
            for (int i = 0; i < 150; i++) {
                headers.add("X-" + i + ": y");
            }
        }
        var version = chance(40) ? pick(VERSIONS) : "HTTP/1.1";
        var bytes = write(method + " " + path + " " + version, headers, sent, chance(4));
        boolean raw = chance(6);
        if (raw) {
            bytes = mutate(bytes);
        }
        boolean mustBeRefused = forged && !raw && !touched;
        return new Sent(bytes, entitled(whole && kind != Kind.WEBHOOK, method, path, body), mustBeRefused, 1);
    }

    /** What may come of a body: itself, or, at the route of this method, an event around it. */
    private static byte[] wrapped(String method, byte[] body) {
        var topic = method.equals("PATCH") ? "applicant.approved" : "applicant.removed";
        var all = new ByteArrayOutputStream();
        all.writeBytes(("{\"topic\":\"" + topic + "\",\"payload\":").getBytes(UTF_8));
        all.writeBytes(body.length == 0 ? new byte[] {'{', '}'} : body);
        all.write('}');
        return all.toByteArray();
    }

    /** A signature of the whole call holds at one address only; the other one wherever the application may write. */
    private static List<byte[]> entitled(boolean whole, String method, String path, byte[] body) {
        if (!whole) {
            return List.of(body, wrapped("PATCH", body), wrapped("DELETE", body));
        }
        boolean writes = path.equals("/api/applicants/cached");
        return writes ? List.of(body, wrapped(method, body)) : List.of(body);
    }

    private byte[] body(Kind kind) {
        var id = "f" + next++;
        return (kind == Kind.WRITE
                        ? "{\"cohortId\":3,\"n\":\"" + id + "\"}"
                        : "{" + (chance(2) ? "\"id\":\"" + id + "\"," : "")
                                + "\"topic\":\"applicant.approved\",\"payload\":{\"cohortId\":3,\"n\":\"" + id + "\"}}")
                .getBytes(UTF_8);
    }

    private byte[] delivery(Site site) {
        var id = "f" + next++;
        if (site.scheme() != Scheme.THINKIFIC) {
            return ("{\"id\":\"" + id + "\",\"type\":\"payment.done\","
                            + (chance(2) ? "\"action\":\"opened\"," : "")
                            + "\"meta\":{\"who\":\"" + MARK + "\",\"what\":\"seat:taken\",\"id\":" + next + "}}")
                    .getBytes(UTF_8);
        }
        return chance(3)
                ? SAMPLES[random.nextInt(SAMPLES.length)].clone()
                : ("{\"id\":\"" + id
                                + "\",\"resource\":\"enrollment\",\"action\":\"created\",\"payload\":{\"id\":1,\"email\":\""
                                + MARK + "\"}}")
                        .getBytes(UTF_8);
    }

    /** What a header may say that happened. */
    private String topic() {
        return chance(4) ? pick(List.of("", " ", MARK, "a b", "x".repeat(300), "\u00e4", "a:b/c-D.")) : "orders/create";
    }

    private static Site hmac(String name, Signing signing) {
        return new Site(name, Scheme.HMAC, List.of(SITE_SECRET), Optional.of(signing));
    }

    private static String signature(String method, String path, String key, byte[] body, boolean whole) {
        var call = new FreshetSignature.Call(method, path, key);
        return FreshetSignature.HEADER + ": "
                + (whole
                        ? FreshetSignature.header(APP_SECRET, Instant.now(), call, body)
                        : FreshetSignature.header(APP_SECRET, Instant.now(), body));
    }

    /** Makes the signature, which is the last header, one that holds for nothing, or changes what else it covers. */
    private boolean forge(List<String> headers) {
        var signed = headers.stream()
                .filter(header -> SIGNED.contains(header.split(":", 2)[0]))
                .toList();
        if (!signed.isEmpty() && chance(3)) {
            var one = pick(signed);
            headers.replaceAll(header -> header.equals(one) ? header + "1" : header);
            return true;
        }
        var right = headers.removeLast();
        var name = right.substring(0, right.indexOf(':'));
        var value = right.substring(right.indexOf(':') + 2);
        Function<String, String> wrong = pick(List.<Function<String, String>>of(
                v -> "",
                v -> v.substring(0, v.length() - 2), // of base64 the last one says nothing
                v -> v.substring(0, v.length() - 1) + (v.endsWith("0") ? '1' : '0'),
                v -> "t=1," + v,
                v -> "sha256=" + v,
                v -> v + "00",
                v -> "\u00ff\u00fe",
                v -> "v1=" + "0".repeat(64),
                v -> "t=" + Instant.now().getEpochSecond() + ",v1=" + "a".repeat(64),
                v -> v.replaceAll("[0-9a-f]{64}|[A-Za-z0-9+/]{43}=", "f".repeat(64))));
        headers.add(name + ": " + wrong.apply(value));
        return true;
    }

    private byte[] flip(byte[] body) {
        var changed = body.clone();
        changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(7));
        return changed;
    }

    private byte[] write(String line, List<String> headers, byte[] body, boolean chunked) {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes((line + "\r\n").getBytes(UTF_8));
        headers.forEach(header -> bytes.writeBytes((header + "\r\n").getBytes(UTF_8)));
        if (!chunked) {
            bytes.writeBytes(("Content-Length: " + body.length + "\r\n\r\n").getBytes(ISO_8859_1));
            bytes.writeBytes(body);
            return bytes.toByteArray();
        }
        bytes.writeBytes("Transfer-Encoding: chunked\r\n\r\n".getBytes(ISO_8859_1));
        for (int at = 0; at < body.length; ) {
            int size = Math.min(body.length - at, 1 + random.nextInt(200));
            bytes.writeBytes(
                    (Integer.toHexString(size) + (chance(5) ? ";ext=\"1\"" : "") + "\r\n").getBytes(ISO_8859_1));
            bytes.write(body, at, size);
            bytes.writeBytes("\r\n".getBytes(ISO_8859_1));
            at += size;
        }
        bytes.writeBytes((chance(4) ? "0\r\nX-Freshet-Signature: t=1,v1=00\r\nContent-Length: 3\r\n\r\n" : "0\r\n\r\n")
                .getBytes(ISO_8859_1));
        return bytes.toByteArray();
    }

    private byte[] mutate(byte[] original) {
        var bytes = original;
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            bytes = mutateOnce(bytes);
        }
        return bytes;
    }

    private byte[] mutateOnce(byte[] bytes) {
        int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
        return switch (random.nextInt(9)) {
            case 0 -> bytes.length == 0 ? bytes : flip(bytes);
            case 1 -> Arrays.copyOf(bytes, at);
            case 2 -> splice(bytes, at, at, pick(TOKENS).getBytes(UTF_8));
            case 3 -> splice(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(20)), new byte[0]);
            case 4 -> splice(bytes, at, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 30)));
            case 5 -> splice(bytes, at, Math.min(bytes.length, at + 1), new byte[] {(byte) random.nextInt(256)});
            case 6 ->
                splice(
                        bytes,
                        at,
                        at,
                        pick(List.of("[", "{\"a\":", "\""))
                                .repeat(1 + random.nextInt(400))
                                .getBytes(UTF_8));
            case 7 -> splice(bytes, at, at, random(1 + random.nextInt(40)));
            default ->
                chance(300)
                        ? splice(bytes, at, at, new byte[RequestBody.MAX_BYTES])
                        : splice(bytes, at, at, "\r\n".getBytes(UTF_8));
        };
    }

    private byte[] random(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] inserted) {
        var spliced = new ByteArrayOutputStream(bytes.length + inserted.length);
        spliced.write(bytes, 0, from);
        spliced.writeBytes(inserted);
        spliced.write(bytes, to, bytes.length - to);
        return spliced.toByteArray();
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private boolean chance(int of) {
        return random.nextInt(of) == 0;
    }

    private static byte[][] samples() {
        return Samples.TOPICS.stream().map(Samples::bytes).toArray(byte[][]::new);
    }
}
