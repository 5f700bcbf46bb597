package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import dev.freshet.model.Job;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads the sites of a catalog. */
final class SiteParser {
    static final List<String> KEYS = List.of("scheme", "secrets", "signing");
    static final List<String> SIGNING =
            List.of("header", "prefix", "encoding", "timestamp", "tolerance", "id", "topic");

    private static final String HEADER = "the name of a header such as X-Signature";
    private static final Place NOWHERE = Place.field("/topic");

    private final Values values;

    SiteParser(Values values) {
        this.values = values;
    }

    Optional<Site> site(String name, Element element) {
        var section = new Section(element, KEYS);
        if (name.equals(Job.CAPTURE)) {
            element.error("has a name that is taken", "changes of tables come from " + name + "; use another one");
        }
        var scheme = section.require("scheme", "scheme: thinkific")
                .flatMap(e -> e.text("one of " + Scheme.names(), Scheme::named));
        var secrets = section.require("secrets", "secrets: \"${" + name.toUpperCase(Locale.ROOT) + "_SECRETS}\"")
                .map(e -> secrets(e, name, scheme))
                .orElse(List.of());
        var signing = section.find("signing").map(this::signing);
        scheme.ifPresent(known -> check(section, name, known));
        return scheme.map(known -> new Site(
                        name,
                        known,
                        secrets,
                        known == Scheme.HMAC ? signing.or(() -> Optional.of(unknown())) : Optional.empty()))
                .or(() ->
                        Optional.of(new Site(name, Scheme.FRESHET, secrets))); // reported; named by events all the same
    }

    /** No message holds one of them. */
    private List<String> secrets(Element element, String name, Optional<Scheme> scheme) {
        var secrets = values.secrets(element, "every request of site " + name + " is refused");
        scheme.filter(known ->
                        !secrets.stream().allMatch(secret -> known.key(secret).isPresent()))
                .ifPresent(known -> element.error(
                        "has one that is no key of scheme " + known, "such as whsec_ and what follows it in base64"));
        return secrets;
    }

    private static void check(Section section, String name, Scheme scheme) {
        var element = section.element();
        if (scheme == Scheme.HMAC) {
            section.require("signing", "signing: { header: X-Signature, topic: /type }");
        } else if (section.find("signing").isPresent()) {
            element.error(
                    "says how it signs, but scheme " + scheme + " is known", "take signing out, or say scheme: hmac");
        }
        var other = Scheme.named(name).filter(named -> named != scheme && scheme != Scheme.FRESHET);
        if (other.isPresent()) {
            element.add(
                    Severity.WARNING,
                    "takes the address /webhooks/" + name + " from sites of scheme " + name,
                    "call it otherwise");
        }
    }

    private Signing signing(Element element) {
        var section = new Section(element, SIGNING);
        var timestamp = section.find("timestamp").flatMap(SiteParser::header);
        var tolerance = section.find("tolerance");
        if (tolerance.isPresent() && section.find("timestamp").isEmpty()) {
            element.error("has a tolerance but no timestamp", "name the header with the time that is signed");
        }
        return new Signing(
                section.require("header", "header: X-Signature")
                        .flatMap(SiteParser::header)
                        .orElse(""),
                section.find("prefix").flatMap(SiteParser::prefix).orElse(""),
                section.find("encoding").flatMap(SiteParser::isBase64).orElse(false),
                timestamp,
                tolerance.flatMap(this::tolerance).orElse(Signing.TOLERANCE),
                section.find("id").flatMap(SiteParser::place),
                section.require("topic", "topic: /type")
                        .flatMap(SiteParser::place)
                        .orElse(NOWHERE));
    }

    private static Signing unknown() {
        return new Signing("", "", false, Optional.empty(), Signing.TOLERANCE, Optional.empty(), NOWHERE);
    }

    private static Optional<String> header(Element element) {
        return element.text(HEADER, text -> Optional.of(text).filter(Place::isHeader));
    }

    private static Optional<Place> place(Element element) {
        return element.text(HEADER + ", or a JSON pointer such as /type", Place::parse);
    }

    private static Optional<String> prefix(Element element) {
        return element.isEmptyText()
                ? Optional.empty()
                : element.text(
                        "up to 32 printable characters such as sha256=",
                        text -> Optional.of(text).filter(t -> t.matches("[\\x21-\\x7e]{1,32}")));
    }

    private static Optional<Boolean> isBase64(Element element) {
        return element.text(
                "hex or base64",
                text -> Optional.of(text).filter(t -> t.matches("hex|base64")).map("base64"::equals));
    }

    private Optional<Duration> tolerance(Element element) {
        var tolerance = values.duration(element);
        if (tolerance
                .filter(t -> t.compareTo(Duration.ofSeconds(1)) < 0 || t.compareTo(Signing.MAX_TOLERANCE) > 0)
                .isPresent()) {
            element.error("must be from 1s to 1h", "such as tolerance: 5m");
        }
        return tolerance;
    }
}
