package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at a page as one instance shows it to visitors, and whether it is as new as it must be. */
final class PageProof {
    /** A page that takes longer is not looked at. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final int MOST_BYTES = 2 * 1024 * 1024;
    private static final int MOST_REDIRECTS = 2;
    private static final Pattern META = Pattern.compile("<meta\\s([^>]{1,2000})>", Pattern.CASE_INSENSITIVE);
    private static final Pattern ATTRIBUTE =
            Pattern.compile("([a-zA-Z-]+)\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)'|([^\\s\"'>/]+))");

    private final Exchange exchange;
    private final FrontEnd.Proof proof;
    private final Duration timeout;

    /** @param timeout until a page is there as a whole, redirects included */
    PageProof(Exchange exchange, FrontEnd.Proof proof, Duration timeout) {
        this.exchange = exchange;
        this.proof = proof;
        this.timeout = timeout;
    }

    /** What a look at a page came to. */
    sealed interface Look {
        /** It is as new as it must be, or newer. */
        record Fresh() implements Look {}

        /** It is not. */
        record Old(Version seen) implements Look {}

        /**
         * Nobody can tell.
         *
         * @param why such as {@code answered 404}
         */
        record Unreadable(String why) implements Look {}
    }

    /**
     * @param path of the page, encoded or not
     * @param expected what the page must carry at least
     */
    Look look(Instance instance, String path, Version expected) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            var page = page(instance.address(), path);
            for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
                var reply = get(page, Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
                var elsewhere = reply.headers().firstValue("Location").filter(to -> reply.status() / 100 == 3);
                if (elsewhere.isEmpty()) {
                    return judge(reply, expected);
                }
                page = redirected(page, elsewhere.get());
            }
            return new Look.Unreadable("redirects more than " + MOST_REDIRECTS + " times");
        } catch (IOException e) {
            return new Look.Unreadable(String.valueOf(e.getMessage()));
        }
    }

    private Exchange.Reply get(URI page, Duration timeout) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(page)
                .header("User-Agent", "freshet")
                .header("Accept", "text/html")
                .GET()
                .build();
        return exchange.send(request, timeout, proof instanceof FrontEnd.Proof.Meta ? MOST_BYTES : 0);
    }

    private Look judge(Exchange.Reply reply, Version expected) {
        if (reply.status() != 200) {
            return new Look.Unreadable("answered " + reply.status());
        }
        var found = switch (proof) {
            case FrontEnd.Proof.Header(var name) -> reply.headers().firstValue(name);
            case FrontEnd.Proof.Meta(var name) -> meta(name, reply.body());
        };
        return found.filter(Version::isValid)
                .map(Version::new)
                .<Look>map(seen -> seen.isAtLeast(expected) ? new Look.Fresh() : new Look.Old(seen))
                .orElseGet(() -> new Look.Unreadable(
                        switch (proof) {
                            case FrontEnd.Proof.Header(var name) -> "has no header " + name;
                            case FrontEnd.Proof.Meta(var name) -> "has no meta element " + name;
                        }));
    }

    /** The content of the first one of this name. */
    private static Optional<String> meta(String wanted, String html) {
        var metas = META.matcher(html);
        while (metas.find()) {
            String name = "";
            String content = null;
            var attributes = ATTRIBUTE.matcher(metas.group(1));
            while (attributes.find()) {
                switch (attributes.group(1).toLowerCase(java.util.Locale.ROOT)) {
                    case "name" -> name = value(attributes);
                    case "content" -> content = value(attributes);
                    default -> {}
                }
            }
            if (content != null && name.equals(wanted)) {
                return Optional.of(content);
            }
        }
        return Optional.empty();
    }

    private static String value(Matcher attribute) {
        for (int group = 2; group <= 4; group++) {
            if (attribute.group(group) != null) {
                return attribute
                        .group(group)
                        .replace("&quot;", "\"")
                        .replace("&#x27;", "'")
                        .replace("&lt;", "<")
                        .replace("&gt;", ">")
                        .replace("&amp;", "&");
            }
        }
        return "";
    }

    /** The page at the same host and port as the callbacks, whatever the path says, and below the same base path. */
    private static URI page(URI address, String path) throws IOException {
        if (!path.startsWith("/")) {
            throw new IOException("is no path, since it does not begin with /");
        }
        try {
            var origin = new URI(address.getScheme(), null, address.getHost(), address.getPort(), null, null, null);
            return URI.create(encoded(origin + base(address), path).toASCIIString());
        } catch (URISyntaxException e) {
            throw new IOException("is no path: " + e.getReason(), e);
        }
    }

    /** Of a Next.js application with a {@code basePath}: what stands before its route. */
    private static String base(URI address) {
        var path = address.getRawPath();
        return path == null ? "" : path.substring(0, Math.max(0, path.indexOf(Instance.DEFAULT_PATH)));
    }

    private static URI encoded(String origin, String path) throws URISyntaxException {
        try {
            return new URI(origin + path);
        } catch (URISyntaxException e) { // not encoded
            return new URI(origin + new URI(null, null, path, null).getRawPath());
        }
    }

    private static URI redirected(URI from, String to) throws IOException {
        try {
            var next = from.resolve(to);
            if (from.getAuthority().equals(next.getAuthority())
                    && from.getScheme().equals(next.getScheme())) {
                return next;
            }
        } catch (IllegalArgumentException e) {
            // as one to another host
        }
        throw new IOException("redirects to another host");
    }
}
