package dev.freshet.worker.view;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTVerifier;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.exceptions.TokenExpiredException;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.catalog.Claims;
import dev.freshet.catalog.TokenIssuer;
import java.io.IOException;
import java.security.Key;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tells who sent a token (RFC 7519), and believes it nothing that no key has signed. It is worse to take somebody for
 * somebody else than to let nobody in: whatever is unusual about a token makes it wrong.
 */
public final class Identities {
    /** The web server takes no longer heads either. */
    static final int MAX_LENGTH = 8_192;

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION) // of two claims nobody could say which one counts
            .build();

    private final Map<String, List<JWTVerifier>> verifiers;

    public Identities(Collection<TokenIssuer> issuers) {
        this(issuers, Clock.systemUTC());
    }

    Identities(Collection<TokenIssuer> issuers, Clock clock) {
        verifiers = issuers.stream()
                .collect(Collectors.toUnmodifiableMap(
                        TokenIssuer::name,
                        issuer -> issuer.keys().stream()
                                .map(key -> verifier(issuer, key, clock))
                                .toList()));
    }

    /** What a token turned out to be. */
    sealed interface Verdict {
        /** Signed, and good at this moment. */
        record Known(Claims claims) implements Verdict {}

        /** It was good once. */
        record Expired() implements Verdict {}

        /** Nobody here has signed it, or not for this. */
        record Wrong() implements Verdict {}
    }

    private static final Verdict WRONG = new Verdict.Wrong();

    /** @param token as it was sent; from anybody */
    Verdict verify(TokenIssuer issuer, String token) {
        if (token.length() > MAX_LENGTH || !FORM.matcher(token).matches()) {
            return WRONG;
        }
        try {
            var decoded = JWT.decode(token);
            // it would say which fields of the head must be understood, and the library does not look (RFC 7515,
            // 4.1.11)
            return decoded.getHeaderClaim("crit").isMissing() ? verify(issuer, decoded) : WRONG;
        } catch (RuntimeException e) {
            return WRONG; // also whatever the library did not expect; its message quotes the token
        }
    }

    private Verdict verify(TokenIssuer issuer, DecodedJWT token) {
        for (var verifier : verifiers.getOrDefault(issuer.name(), List.of())) {
            try {
                verifier.verify(token);
                // a token that says exp: null would be good for ever
                return token.getExpiresAtAsInstant() == null
                        ? WRONG
                        : claims(token).<Verdict>map(Verdict.Known::new).orElse(WRONG);
            } catch (TokenExpiredException e) {
                return new Verdict.Expired(); // the signature comes first
            } catch (JWTVerificationException e) {
                // another key may have signed it
            }
        }
        return WRONG;
    }

    private static JWTVerifier verifier(TokenIssuer issuer, Key key, Clock clock) {
        var algorithm = switch (issuer.algorithm()) {
            case HS256 -> Algorithm.HMAC256(key.getEncoded());
            case RS256 -> Algorithm.RSA256((RSAPublicKey) key);
        };
        var verification = JWT.require(algorithm)
                .withClaimPresence("exp")
                .acceptLeeway(issuer.leeway().toSeconds());
        issuer.issuer().ifPresent(verification::withIssuer);
        issuer.audience().ifPresent(verification::withAudience);
        return ((JWTVerifier.BaseVerification) verification).build(clock);
    }

    private static Optional<Claims> claims(DecodedJWT token) {
        JsonNode payload;
        try {
            payload = JSON.readTree(Base64.getUrlDecoder().decode(token.getPayload()));
        } catch (IOException e) {
            return Optional.empty();
        }
        var values = new HashMap<String, String>();
        var lists = new HashMap<String, List<String>>();
        payload.properties().forEach(claim -> {
            value(claim.getValue()).ifPresent(value -> values.put(claim.getKey(), value));
            if (claim.getValue().isArray()) {
                var items = new ArrayList<String>();
                claim.getValue().forEach(item -> value(item).ifPresent(items::add));
                lists.put(claim.getKey(), items);
            }
        });
        return Optional.of(new Claims(values, lists));
    }

    private static Optional<String> value(JsonNode node) {
        return node.isTextual() || node.isIntegralNumber() || node.isBoolean()
                ? Optional.of(node.asText())
                : Optional.empty();
    }
}
