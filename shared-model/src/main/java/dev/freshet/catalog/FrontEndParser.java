package dev.freshet.catalog;

import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the front ends of a catalog. */
final class FrontEndParser {
    static final List<String> CALLED = List.of("type", "instances", "secret", "proof");
    static final List<String> MARKED = List.of("type", "redis", "keyPrefix");
    private static final Set<String> PAGES = Set.of("http", "https", "dns+http", "dns+https");
    private static final Set<String> REDIS = Set.of("redis", "rediss");
    private static final String DATABASE = "(/\\d{0,5})?";
    private static final String PREFIX = "[\\x21-\\x7e]{0,200}";

    private final Values values;
    private final boolean hasVersions;

    /** @param events of which some may say how new their pages must be */
    FrontEndParser(Values values, Collection<EventRule> events) {
        this.values = values;
        this.hasVersions = events.stream().anyMatch(EventRule::hasPageVersions);
    }

    Optional<FrontEnd> frontEnd(String name, Element element) {
        var types = Arrays.stream(FrontEnd.Type.values())
                .map(FrontEnd.Type::toString)
                .collect(Collectors.joining(", "));
        return Optional.ofNullable(element.entries().get("type"))
                .or(() -> {
                    element.error("has no type", "such as type: nextjs");
                    return Optional.empty();
                })
                .flatMap(type -> type.text("one of " + types, FrontEnd.Type::named))
                .map(type -> type == FrontEnd.Type.NEXT_CACHE_HANDLER
                        ? marked(name, new Section(element, MARKED))
                        : called(name, type, new Section(element, CALLED)));
    }

    private FrontEnd called(String name, FrontEnd.Type type, Section section) {
        var instances = section.require("instances", "instances: \"${FRONT_END_URLS}\"")
                .map(e -> urls(e, values.list(e), PAGES, "http://dashboard:3000"))
                .orElse(List.of());
        var different = Set.copyOf(instances);
        if (different.stream().map(FrontEndParser::name).distinct().count() < different.size()) {
            section.element().error("has instances that differ only in their queries", "give each a path of its own");
        }
        var secrets = section.require("secret", "secret: \"${REVALIDATE_SECRET}\"")
                .map(values::secrets)
                .orElse(List.of());
        if (!instances.isEmpty() && secrets.isEmpty()) {
            section.element().error("has instances but no secret", "set the variable that its secret names");
        }
        return new FrontEnd(
                name, type, instances, secrets, section.find("proof").flatMap(this::proof), "");
    }

    /** What instances are told apart by. */
    private static String name(URI address) {
        return address.toString().split("\\?", 2)[0];
    }

    private FrontEnd marked(String name, Section section) {
        var redis = section.require("redis", "redis: \"${NEXT_CACHE_REDIS_URL}\"")
                .map(e -> urls(e, values.secrets(e), REDIS, "redis://cache:6379"))
                .orElse(List.of());
        if (redis.size() > 1) {
            section.element().error("has several values for redis", "give each Redis a front end of its own");
        }
        // no default: marks under another prefix than the handler's would be written, confirmed and read by nobody
        var prefix = section.require("keyPrefix", "keyPrefix: \"nextjs:\", the one that the cache handler is given")
                .flatMap(e -> e.isEmptyText()
                        ? Optional.of("") // as the handlers have it unless they are told otherwise
                        : e.text("printable characters without spaces, 200 at most", this::prefix));
        return new FrontEnd(
                name, FrontEnd.Type.NEXT_CACHE_HANDLER, redis, List.of(), Optional.empty(), prefix.orElse(""));
    }

    private Optional<String> prefix(String text) {
        return Optional.of(values.fill(text)).filter(t -> t.matches(PREFIX));
    }

    private Optional<FrontEnd.Proof> proof(Element element) {
        var section = new Section(element, List.of("meta", "header"));
        var meta = section.find("meta")
                .flatMap(e -> e.text(
                        "the name of a meta element such as freshet-version",
                        text -> Optional.of(text).filter(t -> t.matches("[A-Za-z0-9:._-]{1,64}"))));
        var header = section.find("header")
                .flatMap(e -> e.text(
                        "the name of a response header such as X-Freshet-Version",
                        text -> Optional.of(text).filter(t -> t.matches("[A-Za-z0-9-]{1,64}"))));
        if (section.find("meta").isPresent() == section.find("header").isPresent()) {
            element.error("must say where pages carry their version", "such as { meta: freshet-version }, or header");
        }
        var proof = meta.<FrontEnd.Proof>map(FrontEnd.Proof.Meta::new).or(() -> header.map(FrontEnd.Proof.Header::new));
        if (proof.isPresent() && !hasVersions) {
            element.add(
                    Problem.Severity.WARNING,
                    "proves nothing, since no event says how new a page must be",
                    "such as paths: [ { path: \"/dashboard/{cohortId}\", version: \"{at}\" } ]");
        }
        return proof;
    }

    private static List<URI> urls(Element element, List<String> texts, Set<String> schemes, String example) {
        return texts.stream()
                .flatMap(text -> url(element, text, schemes, example).stream())
                .toList();
    }

    private static Optional<URI> url(Element element, String text, Set<String> schemes, String example) {
        boolean isRedis = schemes.equals(REDIS);
        try {
            var url = URI.create(text);
            boolean isOfScheme = url.getHost() != null && schemes.contains(String.valueOf(url.getScheme()));
            if (isOfScheme && !isRedis && url.getRawUserInfo() != null) {
                element.error("has a login, which is not sent", "take it out of the URL; calls are signed");
                return Optional.empty();
            }
            if (isOfScheme && (!isRedis || url.getPath().matches(DATABASE))) {
                return Optional.of(url);
            }
        } catch (IllegalArgumentException e) {
            // reported below
        }
        boolean isSecret = isRedis || text.contains("@"); // it may hold a password
        element.error("must be " + (isRedis ? "one URL of one host" : "URLs") + " such as " + example
                + (isSecret ? "" : ", was '" + text + "'"));
        return Optional.empty();
    }
}
