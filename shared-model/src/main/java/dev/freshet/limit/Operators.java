package dev.freshet.limit;

import dev.freshet.catalog.Access;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Who may see how a process fares: whoever sends one of the tokens of {@code ADMIN_TOKEN}. Without that setting only this
 * machine itself, and no proxy on it that says for whom it asks.
 */
public final class Operators {
    private static final List<String> OF_PROXIES =
            List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via");

    private final BearerTokens tokens;
    private final ClientAddress clients;
    private final RequestLimit refused;

    /**
     * Why somebody is not let in.
     *
     * @param status of HTTP: 401, 403 or 429
     * @param error a word for programs
     * @param message a sentence for people
     * @param pause when to come again; empty where that would not help
     */
    public record Refused(int status, String error, String message, Optional<Duration> pause) {
        Refused(int status, String error, String message) {
            this(status, error, message, Optional.empty());
        }
    }

    /**
     * @param tokens what {@link #tokens} read
     * @param refused how often one address may send a wrong token
     */
    public Operators(List<String> tokens, ClientAddress clients, RequestLimit refused) {
        this.tokens = new BearerTokens(tokens);
        this.clients = clients;
        this.refused = refused;
    }

    /**
     * What {@code ADMIN_TOKEN} lists.
     *
     * @throws SettingException when one cannot be sent
     */
    public static List<String> tokens(Settings settings) {
        var tokens = settings.list("ADMIN_TOKEN");
        if (!tokens.stream().allMatch(Access::isToken)) {
            throw new SettingException("ADMIN_TOKEN has a token that cannot be sent; " + Access.TOKEN_FORM);
        }
        return tokens;
    }

    /**
     * @param peer address of the connection's other end
     * @param headers all values of a header by its name
     * @return empty when this is an operator
     */
    public Optional<Refused> refuse(String peer, Function<String, List<String>> headers) {
        if (tokens.isEmpty()) {
            return isHere(peer, headers)
                    ? Optional.empty()
                    : Optional.of(new Refused(
                            403,
                            "closed",
                            "only this machine itself is answered; for others set ADMIN_TOKEN and send"
                                    + " Authorization: Bearer with one of its tokens"));
        }
        var values = headers.apply("Authorization");
        var sent = values.size() == 1 ? BearerTokens.sent(values.getFirst()) : Optional.<String>empty();
        if (sent.filter(tokens::contain).isPresent()) {
            return Optional.empty();
        }
        var address = clients.key(peer, String.join(",", headers.apply("X-Forwarded-For")));
        return refused.refuse(address)
                .map(wait -> new Refused(
                        429,
                        "too_many_requests",
                        "too many refused requests from this address; wait as Retry-After says",
                        Optional.of(wait)))
                .or(() -> Optional.of(
                        sent.isEmpty()
                                ? new Refused(
                                        401, "token_missing", "send one of ADMIN_TOKEN as Authorization: Bearer …")
                                : new Refused(401, "token_wrong", "this token is not known here; ask for one")));
    }

    private static boolean isHere(String peer, Function<String, List<String>> headers) {
        boolean loopback = ClientAddress.parse(peer).stream().anyMatch(Operators::isLoopback);
        return loopback
                && OF_PROXIES.stream().allMatch(name -> headers.apply(name).isEmpty());
    }

    private static boolean isLoopback(byte[] address) {
        try {
            return InetAddress.getByAddress(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + address.length + " bytes", e);
        }
    }
}
