package dev.freshet.catalog;

import dev.freshet.catalog.Access.Who;
import dev.freshet.settings.Spelling;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads who may read a view, and who may keep what it answers. */
final class AccessParser {
    static final List<String> KEYS = List.of("tokens", "token", "require");

    private final Values values;
    private final Map<String, TokenIssuer> issuers;

    AccessParser(Values values, Map<String, TokenIssuer> issuers) {
        this.values = values;
        this.issuers = issuers;
    }

    Access access(Section section, String view, List<Parameter> params) {
        var cdn = section.find("cdn");
        var kept = cdn.flatMap(this::kept).orElse(Duration.ZERO);
        var access = section.find("access")
                .map(element -> {
                    cdn.ifPresent(e -> e.error(
                            "must not stand beside access", "what only some may read is kept by no shared cache"));
                    return new Access(who(element, view, params), Duration.ZERO);
                })
                .orElse(new Access(new Who.Everybody(), kept));
        var bound =
                params.stream().filter(parameter -> parameter.claim() != null).findFirst();
        if (bound.isPresent() && !(access.who() instanceof Who.Users)) {
            section.element()
                    .error(
                            "takes " + bound.get().name() + " from a claim, but its access names no token",
                            "such as access: { token: app }");
        }
        return access;
    }

    private Optional<Duration> kept(Element element) {
        var kept = values.duration(element);
        if (kept.filter(Duration::isZero).isPresent()) {
            element.error(
                    "must be longer than nothing", "leave it out, and no shared cache serves the view without asking");
        }
        if (kept.filter(time -> time.toMillis() % 1_000 != 0).isPresent()) {
            element.error("must be whole seconds", "Cache-Control knows nothing shorter");
        }
        return kept;
    }

    private Who who(Element element, String view, List<Parameter> params) {
        var section = new Section(element, KEYS);
        var token = section.find("token");
        var require = section.find("require");
        if (token.isEmpty()) {
            require.ifPresent(e -> e.error("is for access by token", "such as token: app"));
            return new Who.Holders(tokens(section, view));
        }
        section.find("tokens")
                .ifPresent(e -> e.error("must not stand beside token", "say who may read it in one of the two ways"));
        if (require.isEmpty() && params.stream().allMatch(parameter -> parameter.claim() == null)) {
            element.error(
                    "lets in whoever has a token, and who it is makes no difference to what they read",
                    "bind a parameter to a claim, such as userId: { type: int, claim: sub }, or say who may read it,"
                            + " such as require: { role: [ admin ] }");
        }
        var required = require.map(this::require).orElse(Map.of());
        return new Who.Users(token.flatMap(this::issuer).orElse(TokenIssuer.UNKNOWN), required);
    }

    private Optional<TokenIssuer> issuer(Element element) {
        return element.text().flatMap(name -> {
            var issuer = Optional.ofNullable(issuers.get(name));
            if (issuer.isEmpty()) {
                element.error(
                        "names the tokens " + name + ", which there are not",
                        issuers.isEmpty()
                                ? "describe them under tokens"
                                : Spelling.hint(
                                        name, issuers.keySet(), "tokens: " + String.join(", ", issuers.keySet())));
            }
            return issuer;
        });
    }

    private Map<String, Set<String>> require(Element element) {
        var required = new LinkedHashMap<String, Set<String>>();
        if (element.entries().isEmpty()) {
            element.error("requires nothing", "name a claim and what it must be, such as { role: [ admin ] }");
        }
        element.entries().forEach((claim, allowed) -> {
            var texts = Set.copyOf(values.list(allowed));
            if (texts.isEmpty()) {
                allowed.error("allows nothing", "name the values that let in, such as [ admin, manager ]");
            }
            required.put(claim, texts);
        });
        return required;
    }

    private List<String> tokens(Section section, String view) {
        var example = "tokens: \"${" + view.replace('-', '_').toUpperCase(Locale.ROOT) + "_TOKENS}\"";
        return section.require("tokens", example)
                .map(e -> values.tokens(e, "every read of view " + view + " is refused"))
                .orElse(List.of());
    }
}
