package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Access;
import dev.freshet.catalog.Limits;
import dev.freshet.limit.BearerTokens;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.RequestLimit;
import dev.freshet.limit.RequestLimits;
import dev.freshet.model.Sha256;
import io.javalin.http.Context;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets in who keeps to the limits and, where a token is needed, sends one. */
public final class Gate {
    private final ClientAddress clients;
    private final String identifierHeader;
    private final RequestLimit reads;
    private final RequestLimit identifier;
    private final RequestLimit cache;
    private final RequestLimit database;
    private final RequestLimit refused;
    private final BearerTokens admins;

    /**
     * @param together counts for all processes
     * @param refused how often this process tells one address that its token is wrong
     * @param admins tokens for the admin API; none keeps it closed
     */
    public Gate(
            ClientAddress clients, Limits limits, RequestLimits together, RequestLimit refused, List<String> admins) {
        this.clients = clients;
        this.identifierHeader = limits.identifierHeader();
        this.reads = together.of("reads", limits.api());
        this.identifier = together.of("identifier", limits.identifier());
        this.cache = together.of("cache", limits.cache());
        this.database = together.of("database", limits.database());
        this.refused = refused;
        this.admins = new BearerTokens(admins);
    }

    /** @throws Refusal when this reader is not let in */
    void admitRead(Context ctx, Access access) {
        keep(reads, address(ctx), "too many requests from this address");
        if (!access.isOpen()) {
            requireToken(ctx, new BearerTokens(access.tokens()), "this view's access.tokens in the catalog");
        }
        identifier(ctx).ifPresent(who -> keep(identifier, who, "too many requests of this identifier"));
    }

    /** @throws Refusal when this caller is not let in */
    void admitAdmin(Context ctx) {
        keep(cache, address(ctx), "too many cache operations from this address");
        requireToken(ctx, admins, "ADMIN_TOKEN");
    }

    /** @throws Refusal when the database was asked too often for this reader */
    void admitLoad(String address) {
        keep(database, address, "too many reads from this address had to ask the database");
    }

    /** Some proxies append to the header, others add another one; of all of them the last is the nearest. */
    String address(Context ctx) {
        var forwardedFor = String.join(",", Collections.list(ctx.req().getHeaders("X-Forwarded-For")));
        return clients.key(ctx.req().getRemoteAddr(), forwardedFor);
    }

    private static void keep(RequestLimit limit, String caller, String message) {
        limit.refuse(caller).ifPresent(wait -> {
            throw Refusal.tooMany(message, wait);
        });
    }

    private void requireToken(Context ctx, BearerTokens tokens, String setting) {
        if (tokens.isEmpty()) {
            throw new Refusal(403, "closed", "nobody is let in as long as " + setting + " names no token");
        }
        var sent = BearerTokens.sent(ctx.header("Authorization"));
        if (sent.filter(tokens::contain).isEmpty()) {
            keep(refused, address(ctx), "too many refused requests from this address");
            throw sent.isEmpty()
                    ? unauthorized("token_missing", "send a token as Authorization: Bearer …", "")
                    : unauthorized(
                            "token_wrong", "this token is not known here; ask for one", ", error=\"invalid_token\"");
        }
    }

    private static Refusal unauthorized(String error, String message, String parameter) {
        return new Refusal(401, error, message, Map.of("WWW-Authenticate", "Bearer realm=\"freshet\"" + parameter));
    }

    /** Only its digest: it may be a secret, and of any length. */
    private Optional<String> identifier(Context ctx) {
        var who = identifierHeader.isEmpty()
                ? BearerTokens.sent(ctx.header("Authorization"))
                : Optional.ofNullable(ctx.header(identifierHeader)).filter(text -> !text.isBlank());
        return who.map(text -> Sha256.hex(text.getBytes(UTF_8)));
    }
}
