package dev.freshet.redis;

import java.util.Map;
import java.util.concurrent.TimeoutException;

/** Why a server cannot be used, from the innermost message of an error, with what would be right where that is known. */
final class AwayCause {
    private static final Map<String, String> REMEDIES = Map.of(
            "WRONGPASS",
            "the URL's user or password is not what this server knows",
            "Connection reset",
            "if the server speaks TLS on this port: rediss://",
            "NOAUTH",
            "the server asks for a password: redis://user:password@host:port",
            "NOPERM",
            "the URL's user must be allowed every key of the prefix, scripts, and INFO",
            "unable to find valid certification path",
            "Java does not trust who signed the server's certificate: name a trust store that does, as in"
                    + " JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=FILE",
            "No subject alternative",
            "the server's certificate is for another host than the URL names",
            "No name matching",
            "the server's certificate is for another host than the URL names",
            "handshake timed out",
            "if the server does not speak TLS on this port: redis:// or another port",
            "Connection closed prematurely",
            "if the server speaks TLS on this port: rediss://",
            "SELECT is not allowed in cluster mode",
            "a cluster has only database 0: leave the number out of the URL");

    private AwayCause() {}

    static String of(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        var message = root instanceof TimeoutException || root.getMessage() == null ? "no answer" : root.getMessage();
        return REMEDIES.entrySet().stream()
                .filter(remedy -> message.contains(remedy.getKey()))
                .findFirst()
                .map(remedy -> message + "; " + remedy.getValue())
                .orElse(message);
    }
}
