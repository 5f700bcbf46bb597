package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * How senders sign, for {@code freshet send} and for tests. It is written from the providers' descriptions and shares
 * nothing with what verifies.
 */
public final class Signatures {
    private Signatures() {}

    /** The header in which deliveries of this site say what happened; empty where their bodies do. */
    public static Optional<String> topicHeader(Site site) {
        return switch (site.scheme()) {
            case THINKIFIC, FRESHET, STRIPE, STANDARD -> Optional.empty();
            case SHOPIFY -> Optional.of("X-Shopify-Topic");
            case GITHUB -> Optional.of("X-GitHub-Event");
            case HMAC -> site.signing().map(Signing::topic).flatMap(Signatures::header);
        };
    }

    /** How far the time that the site signs may be from the receiver's, either way; zero where it signs none. */
    public static Duration tolerance(Site site) {
        return switch (site.scheme()) {
            case THINKIFIC, SHOPIFY, GITHUB -> Duration.ZERO;
            case FRESHET -> FreshetSignature.WINDOW;
            case STRIPE, STANDARD -> Signing.TOLERANCE;
            case HMAC ->
                site.signing()
                        .filter(signing -> signing.timestamp().isPresent())
                        .map(Signing::tolerance)
                        .orElse(Duration.ZERO);
        };
    }

    /**
     * What its sender puts on a delivery, the signature last. The site's first secret signs.
     *
     * @param topic for {@link #topicHeader}; of GitHub's what stands before the first dot, since the rest is in the body
     * @param id for the header that names the delivery, where the scheme has one
     * @param at when it is sent; whole seconds count
     * @throws IllegalArgumentException when the site has no secret that can sign
     */
    public static SequencedMap<String, String> headers(Site site, String topic, String id, Instant at, byte[] body) {
        var key = site.secrets().stream()
                .findFirst()
                .flatMap(site.scheme()::key)
                .orElseThrow(
                        () -> new IllegalArgumentException("site " + site.name() + " has no secret that can sign"));
        var seconds = String.valueOf(at.getEpochSecond());
        var headers = new LinkedHashMap<String, String>();
        switch (site.scheme()) {
            case THINKIFIC -> headers.put("X-Thinkific-Hmac-Sha256", hex(key, "", body));
            case FRESHET ->
                headers.put(
                        FreshetSignature.HEADER,
                        FreshetSignature.header(site.secrets().getFirst(), at, body));
            case STRIPE -> headers.put("Stripe-Signature", "t=" + seconds + ",v1=" + hex(key, seconds + ".", body));
            case SHOPIFY -> {
                headers.put("X-Shopify-Topic", topic);
                headers.put("X-Shopify-Webhook-Id", id);
                headers.put("X-Shopify-Hmac-SHA256", base64(key, "", body));
            }
            case GITHUB -> {
                headers.put("X-GitHub-Event", topic.split("\\.", 2)[0]);
                headers.put("X-GitHub-Delivery", id);
                headers.put("X-Hub-Signature-256", "sha256=" + hex(key, "", body));
            }
            case STANDARD -> {
                headers.put("webhook-id", id);
                headers.put("webhook-timestamp", seconds);
                headers.put("webhook-signature", "v1," + base64(key, id + "." + seconds + ".", body));
            }
            case HMAC -> {
                var signing = site.signing().orElseThrow();
                header(signing.topic()).ifPresent(name -> headers.put(name, topic));
                signing.id().flatMap(Signatures::header).ifPresent(name -> headers.put(name, id));
                signing.timestamp().ifPresent(name -> headers.put(name, seconds));
                var start = signing.timestamp().isPresent() ? seconds + "." : "";
                headers.put(
                        signing.header(),
                        signing.prefix() + (signing.base64() ? base64(key, start, body) : hex(key, start, body)));
            }
        }
        return headers;
    }

    private static Optional<String> header(Place place) {
        return place instanceof Place.Header(var name) ? Optional.of(name) : Optional.empty();
    }

    private static String hex(byte[] key, String start, byte[] body) {
        return HexFormat.of().formatHex(Hmac.sign(key, start.getBytes(UTF_8), body));
    }

    private static String base64(byte[] key, String start, byte[] body) {
        return Base64.getEncoder().encodeToString(Hmac.sign(key, start.getBytes(UTF_8), body));
    }
}
