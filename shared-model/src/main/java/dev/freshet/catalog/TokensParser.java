package dev.freshet.catalog;

import dev.freshet.catalog.TokenIssuer.Algorithm;
import java.security.Key;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads who signs the tokens of users. */
final class TokensParser {
    static final List<String> KEYS = List.of("algorithm", "keys", "issuer", "audience", "leeway");

    private static final Duration LEEWAY = Duration.ofSeconds(30);
    private static final Duration MAX_LEEWAY = Duration.ofMinutes(5);
    private static final int MAX_KEYS = 8;

    private final Values values;

    TokensParser(Values values) {
        this.values = values;
    }

    Optional<TokenIssuer> issuer(String name, Element element) {
        var section = new Section(element, KEYS);
        var algorithm = section.require("algorithm", "algorithm: HS256")
                .flatMap(e -> e.text("HS256 or RS256", TokensParser::algorithm));
        var keys = section.require(
                        "keys", "keys: \"${" + name.replace('-', '_').toUpperCase(Locale.ROOT) + "_TOKEN_KEYS}\"")
                .map(e -> keys(e, name, algorithm))
                .orElse(List.of());
        return Optional.of(new TokenIssuer(
                name,
                algorithm.orElse(Algorithm.HS256), // reported; known all the same
                keys,
                section.find("issuer").flatMap(this::text),
                section.find("audience").flatMap(this::text),
                section.find("leeway").flatMap(this::leeway).orElse(LEEWAY)));
    }

    private static Optional<Algorithm> algorithm(String text) {
        return Optional.of(text).filter(t -> t.matches("HS256|RS256")).map(Algorithm::valueOf);
    }

    /** No message holds one of them. */
    private List<Key> keys(Element element, String name, Optional<Algorithm> algorithm) {
        var texts = values.secrets(element, "every read with a token of " + name + " is refused");
        if (texts.size() > MAX_KEYS) {
            element.error("has more than " + MAX_KEYS + " keys", "each is tried with each token; take old ones out");
        }
        return algorithm
                .map(known -> {
                    var keys = texts.stream()
                            .flatMap(text -> known.key(text).stream())
                            .toList();
                    if (keys.size() < texts.size()) {
                        element.error("must be " + known.expected());
                    }
                    return keys;
                })
                .orElse(List.of());
    }

    private Optional<String> text(Element element) {
        return element.text(
                "what the token says", text -> Optional.of(values.fill(text)).filter(t -> !t.isBlank()));
    }

    private Optional<Duration> leeway(Element element) {
        var leeway = values.duration(element);
        if (leeway.filter(l -> l.compareTo(MAX_LEEWAY) > 0).isPresent()) {
            element.error("must be at most 5m", "such as leeway: 30s");
        }
        return leeway;
    }
}
