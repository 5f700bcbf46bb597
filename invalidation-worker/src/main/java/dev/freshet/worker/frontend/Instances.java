package dev.freshet.worker.frontend;

import dev.freshet.catalog.FrontEnd;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances that one front end has now: those that the catalog lists, and one for each address that a name of the
 * form {@code dns+http://dashboard:3000} resolves to. A name that does not resolve keeps the addresses it had.
 */
final class Instances {
    private static final Logger log = LoggerFactory.getLogger(Instances.class);
    private static final String BY_NAME = "dns+";
    /** More are no front end but a mistake. */
    private static final int MOST = 200;

    private final FrontEnd frontEnd;
    private final Reach.Resolver resolver;
    private final Map<URI, List<URI>> resolved = new HashMap<>();
    private volatile String trouble = "";

    Instances(FrontEnd frontEnd, Reach.Resolver resolver) {
        this.frontEnd = frontEnd;
        this.resolver = resolver;
    }

    String frontEnd() {
        return frontEnd.name();
    }

    /** Looks names up, which may take as long as the system's resolver does. */
    List<Instance> look() {
        var failures = new ArrayList<String>();
        var addresses = frontEnd.instances().stream()
                .flatMap(address -> isName(address) ? resolve(address, failures) : Stream.of(address))
                .limit(MOST + 1L)
                .toList();
        if (addresses.size() > MOST) {
            failures.add("more than " + MOST + " instances; the others are not told");
        }
        report(String.join("; ", failures));
        return addresses.stream()
                .limit(MOST)
                .map(address -> Instance.of(frontEnd, address))
                .distinct()
                .toList();
    }

    /** Why a name has no addresses, or not all are told; empty when all is well. */
    Optional<String> trouble() {
        return Optional.of(trouble).filter(text -> !text.isEmpty());
    }

    private static boolean isName(URI address) {
        return address.getScheme().startsWith(BY_NAME);
    }

    private Stream<URI> resolve(URI name, List<String> failures) {
        try {
            var found = new LinkedHashSet<URI>();
            for (var address : resolver.resolve(name.getHost())) {
                found.add(at(name, address));
            }
            resolved.put(name, found.stream().sorted().toList());
        } catch (UnknownHostException e) {
            failures.add(name.getHost() + " does not resolve");
        }
        return resolved.getOrDefault(name, List.of()).stream();
    }

    private static URI at(URI name, InetAddress address) {
        var digits = address.getHostAddress().split("%", 2)[0]; // without the interface of a link-local one
        var host = address instanceof Inet6Address ? "[" + digits + "]" : digits;
        var port = name.getPort() < 0 ? "" : ":" + name.getPort();
        var scheme = name.getScheme().substring(BY_NAME.length());
        var query = name.getRawQuery() == null ? "" : "?" + name.getRawQuery();
        return URI.create(scheme + "://" + host + port + name.getRawPath() + query);
    }

    private void report(String now) {
        if (now.equals(trouble)) {
            return;
        }
        if (now.isEmpty()) {
            log.info("front end resolves again frontEnd={}", frontEnd.name());
        } else {
            log.warn("front end cannot be found frontEnd={} cause={}", frontEnd.name(), now);
        }
        trouble = now;
    }
}
