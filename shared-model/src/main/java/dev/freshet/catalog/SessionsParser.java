package dev.freshet.catalog;

import java.time.Duration;
import java.util.List;

/** Reads how sessions are kept. */
final class SessionsParser {
    static final List<String> KEYS = List.of("ttl", "longest", "secrets", "access", "maxBytes");

    private static final Duration TTL = Duration.ofDays(7);
    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Duration SHORTEST_TTL = Duration.ofMinutes(1);
    private static final Duration MAX_LONGEST = Duration.ofDays(400);
    private static final int SHORTEST_SECRET = 32;
    private static final long MAX_BYTES = 65_536;
    private static final long BYTES = 16_384;

    private final Values values;

    SessionsParser(Values values) {
        this.values = values;
    }

    SessionRules sessions(Element element) {
        var section = new Section(element, KEYS);
        var override = values.override(element, "SESSION_TTL");
        var ttl =
                override.or(() -> section.find("ttl").flatMap(values::duration)).orElse(TTL);
        var longest = section.find("longest").flatMap(values::duration).orElse(LONGEST);
        if (ttl.compareTo(SHORTEST_TTL) < 0 || ttl.compareTo(longest) > 0) {
            element.error("has a ttl that is not from 1m to its longest", "such as ttl: 7d and longest: 30d");
        }
        if (longest.compareTo(MAX_LONGEST) > 0) {
            element.error("has sessions of more than 400d", "such as longest: 30d");
        }
        return new SessionRules(
                ttl,
                longest,
                section.require("secrets", "secrets: \"${SESSION_SECRETS}\"")
                        .map(this::secrets)
                        .orElse(List.of()),
                section.require("access", "access: { tokens: \"${SESSION_TOKENS}\" }")
                        .map(this::tokens)
                        .orElse(List.of()),
                section.find("maxBytes")
                        .flatMap(e -> values.number(e, 1, MAX_BYTES))
                        .orElse(BYTES)
                        .intValue());
    }

    /** No message holds one of them. */
    private List<String> secrets(Element element) {
        var secrets = values.secrets(element, "no session can be created or read");
        if (!secrets.stream().allMatch(secret -> secret.length() >= SHORTEST_SECRET)) {
            element.error("must be secrets of at least 32 characters, such as from openssl rand -hex 32");
        }
        return secrets;
    }

    private List<String> tokens(Element element) {
        return new Section(element, List.of("tokens"))
                .require("tokens", "tokens: \"${SESSION_TOKENS}\"")
                .map(e -> values.tokens(e, "nobody may create or read sessions"))
                .orElse(List.of());
    }
}
