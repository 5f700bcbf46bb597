package dev.freshet.limit;

import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import io.netty.util.NetUtil;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who sent a request: the peer, or, when the peer is a trusted proxy, the right-most hop of {@code X-Forwarded-For} that
 * is none. What stands further left in that header the sender may have written itself.
 */
public final class ClientAddress {
    private final List<Network> trusted;

    /** @param proxies the trusted ones, as addresses or networks such as {@code 10.0.0.0/8} */
    ClientAddress(List<Network> proxies) {
        this.trusted = List.copyOf(proxies);
    }

    /**
     * Trusts what {@code TRUSTED_PROXIES} lists.
     *
     * @throws SettingException when one is neither an address nor a network
     */
    public static ClientAddress from(Settings settings) {
        return new ClientAddress(settings.list("TRUSTED_PROXIES").stream()
                .map(text -> Network.parse(text)
                        .orElseThrow(() -> new SettingException("TRUSTED_PROXIES must list addresses or networks such"
                                + " as 10.0.0.0/8, was '" + text + "'")))
                .toList());
    }

    /**
     * @param peer address of the connection's other end
     * @param forwardedFor the header's value, empty when it was not sent
     * @return what limits count by: an IPv4 address, or the /64 network of an IPv6 one, since a sender owns all of it
     */
    public String key(String peer, String forwardedFor) {
        return parse(peer).map(address -> keyOf(walk(address, forwardedFor))).orElse(peer);
    }

    private byte[] walk(byte[] peer, String forwardedFor) {
        var current = peer;
        var hops = forwardedFor.split(",", -1);
        for (int i = hops.length - 1; i >= 0 && isTrusted(current); i--) {
            var hop = parse(hops[i].strip());
            if (hop.isEmpty()) {
                return current;
            }
            current = hop.get();
        }
        return current;
    }

    private boolean isTrusted(byte[] address) {
        return trusted.stream().anyMatch(network -> network.contains(address));
    }

    /** An address with or without port and brackets; never asks a name server. */
    static Optional<byte[]> parse(String text) {
        var host = text;
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            host = end < 0 ? "" : host.substring(1, end);
        } else if (host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':')) {
            host = host.substring(0, host.indexOf(':'));
        }
        return Optional.ofNullable(NetUtil.createByteArrayFromIpAddressString(host))
                .map(ClientAddress::unmapped);
    }

    /** {@code ::ffff:192.0.2.1} is the IPv4 address in it. */
    private static byte[] unmapped(byte[] address) {
        try {
            return InetAddress.getByAddress(address).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + address.length + " bytes", e);
        }
    }

    private static String keyOf(byte[] address) {
        if (address.length == 4) {
            return NetUtil.bytesToIpAddress(address);
        }
        var network = Arrays.copyOf(Arrays.copyOf(address, 8), 16);
        return NetUtil.bytesToIpAddress(network) + "/64";
    }

    /** Addresses that begin with the same bits. */
    static final class Network {
        private final byte[] address;
        private final int bits;

        private Network(byte[] address, int bits) {
            this.address = address;
            this.bits = bits;
        }

        /** @return empty when the text is neither an address nor a network such as {@code 10.0.0.0/8} */
        static Optional<Network> parse(String text) {
            var parts = text.split("/", 2);
            return ClientAddress.parse(parts[0]).flatMap(address -> {
                int all = address.length * 8;
                int bits = parts.length == 1 ? all : number(parts[1], all);
                return bits < 0 ? Optional.empty() : Optional.of(new Network(address, bits));
            });
        }

        boolean contains(byte[] other) {
            return other.length == address.length
                    && new BigInteger(1, address)
                            .xor(new BigInteger(1, other))
                            .shiftRight(address.length * 8 - bits)
                            .equals(BigInteger.ZERO);
        }

        private static int number(String text, int max) {
            boolean valid = text.matches("\\d{1,3}") && Integer.parseInt(text) <= max;
            return valid ? Integer.parseInt(text) : -1;
        }
    }
}
