package dev.freshet.worker.frontend;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which addresses calls to front ends may reach. The catalog names the hosts; what they resolve to is decided by whoever
 * keeps their names, and must not lead into the own network unless somebody said so.
 */
final class Reach {
    /** Names that nobody outside can own: single labels, and those that are reserved or usual for networks of one's own. */
    private static final Pattern OWN_NAME = Pattern.compile(
            "[^.]+|.+\\.(?:localhost|local|internal|intranet|private|corp|home|lan|svc|test|home\\.arpa)");

    /** Addresses instead of names. */
    private static final Pattern ADDRESS = Pattern.compile("\\[.*]|[0-9.]+");

    private final Resolver resolver;
    private final boolean isPrivateAllowed;

    /** All addresses of a host; {@link InetAddress#getAllByName} outside of tests. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** @param isPrivateAllowed whether any name may stand for a private address */
    Reach(Resolver resolver, boolean isPrivateAllowed) {
        this.resolver = resolver;
        this.isPrivateAllowed = isPrivateAllowed;
    }

    /**
     * The system asks for the name once more when it connects. It takes the answer from the same memory, unless that has
     * just run out.
     *
     * @throws IOException when a call of this URL must not be made; its message says why
     */
    void require(URI url) throws IOException {
        var host = url.getHost();
        boolean isOwn = isPrivateAllowed || isOwn(host);
        for (var address : resolver.resolve(host)) {
            if (isNever(address)) {
                throw new IOException(host + " is or resolves to " + address.getHostAddress()
                        + ", where no front end can be: calls to link-local addresses are not made");
            }
            if (!isOwn && isPrivate(address)) {
                throw new IOException(host + " resolves to the private address " + address.getHostAddress()
                        + "; set CALLBACK_PRIVATE=true if that is meant");
            }
        }
    }

    private static boolean isOwn(String host) {
        return ADDRESS.matcher(host).matches()
                || OWN_NAME.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    /** Link-local ones too: clouds give out the machine's own credentials at 169.254.169.254. */
    private static boolean isNever(InetAddress address) {
        return address.isLinkLocalAddress() || address.isAnyLocalAddress() || address.isMulticastAddress();
    }

    private static boolean isPrivate(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || isUniqueLocal(address)
                || isShared(address);
    }

    /** fc00::/7 (RFC 4193), which Java does not know as site-local. */
    private static boolean isUniqueLocal(InetAddress address) {
        return address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
    }

    /** 100.64.0.0/10 (RFC 6598), which clouds use inside. */
    private static boolean isShared(InetAddress address) {
        var bytes = address.getAddress();
        return bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    }
}
