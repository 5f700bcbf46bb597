package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Access;
import dev.freshet.catalog.Access.Who;
import dev.freshet.catalog.ClaimException;
import dev.freshet.catalog.Claims;
import dev.freshet.catalog.Limits;
import dev.freshet.limit.BearerTokens;
import dev.freshet.limit.ClientAddress;
import dev.freshet.limit.RequestLimit;
import dev.freshet.limit.RequestLimits;
import dev.freshet.model.Sha256;
import dev.freshet.worker.view.Identities.Verdict;
import io.javalin.http.Context;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

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
    private final Identities identities;

    /**
     * @param together counts for all processes
     * @param refused how often this process tells one address that its token is wrong
     * @param admins tokens for the admin API; none keeps it closed
     * @param identities of those whose tokens the catalog takes
     */
    public Gate(
            ClientAddress clients,
            Limits limits,
            RequestLimits together,
            RequestLimit refused,
            List<String> admins,
            Identities identities) {
        this.clients = clients;
        this.identifierHeader = limits.identifierHeader();
        this.reads = together.of("reads", limits.api());
        this.identifier = together.of("identifier", limits.identifier());
        this.cache = together.of("cache", limits.cache());
        this.database = together.of("database", limits.database());
        this.refused = refused;
        this.admins = new BearerTokens(admins);
        this.identities = identities;
    }

    /**
     * @return what the reader's token says, where the view is for users
     * @throws Refusal when this reader is not let in
     */
    Claims admitRead(Context ctx, Access access) {
        keep(reads, address(ctx), "too many requests from this address");
        return switch (access.who()) {
            case Who.Everybody() -> {
                keepIdentifier(identifier(ctx));
                yield Claims.NONE;
            }
            case Who.Holders(var tokens) -> {
                requireToken(ctx, new BearerTokens(tokens), "this view's access.tokens in the catalog");
                keepIdentifier(identifier(ctx));
                yield Claims.NONE;
            }
            case Who.Users users -> user(ctx, users);
        };
    }

    private Claims user(Context ctx, Who.Users users) {
        var issuer = users.issuer();
        if (issuer.keys().isEmpty()) {
            throw closed("tokens." + issuer.name() + ".keys in the catalog names no key");
        }
        var token = BearerTokens.sent(ctx.header("Authorization")).orElseThrow(() -> refuse(ctx, missing()));
        var claims = switch (identities.verify(issuer, token)) {
            case Verdict.Known(var known) -> known;
            case Verdict.Expired() ->
                // somebody here has signed it, so it is no guess
                throw invalid("token_expired", "this token has expired; ask for a new one");
            case Verdict.Wrong() -> throw refuse(ctx, wrong());
        };
        // who it is was verified: no header of theirs, and no new token, makes them somebody else
        var subject = claims.value("sub").map(sub -> issuer.name() + "\n" + sub);
        keepIdentifier(Optional.of(digest(subject.orElse(token))));
        users.require().forEach((claim, allowed) -> {
            if (!claims.isOneOf(claim, allowed)) {
                throw claims.has(claim)
                        ? ClaimException.refused(claim, "one of " + String.join(", ", new TreeSet<>(allowed)))
                        : ClaimException.missing(claim);
            }
        });
        return claims;
    }

    private void keepIdentifier(Optional<String> who) {
        who.ifPresent(digest -> keep(identifier, digest, "too many requests of this identifier"));
    }

    /**
     * Whoever has a token is not counted: all visitors of an application come through its servers.
     *
     * @param tokens of servers that may keep sessions
     * @throws Refusal when this caller is not let in
     */
    void admitSession(Context ctx, List<String> tokens) {
        requireToken(ctx, new BearerTokens(tokens), "sessions.access.tokens in the catalog");
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
            throw closed(setting + " names no token");
        }
        var sent = BearerTokens.sent(ctx.header("Authorization"));
        if (sent.filter(tokens::contain).isEmpty()) {
            throw refuse(ctx, sent.isEmpty() ? missing() : wrong());
        }
    }

    /** Counts it against its address. */
    private Refusal refuse(Context ctx, Refusal refusal) {
        keep(refused, address(ctx), "too many refused requests from this address");
        return refusal;
    }

    private static Refusal closed(String cause) {
        return new Refusal(403, "closed", "nobody is let in as long as " + cause);
    }

    private static Refusal missing() {
        return unauthorized("token_missing", "send a token as Authorization: Bearer …", "");
    }

    private static Refusal wrong() {
        return invalid("token_wrong", "this token is not known here; ask for one");
    }

    private static Refusal invalid(String error, String message) {
        return unauthorized(error, message, ", error=\"invalid_token\"");
    }

    private static Refusal unauthorized(String error, String message, String parameter) {
        return new Refusal(401, error, message, Map.of("WWW-Authenticate", "Bearer realm=\"freshet\"" + parameter));
    }

    /** Only its digest: it may be a secret, and of any length. */
    private Optional<String> identifier(Context ctx) {
        var who = identifierHeader.isEmpty()
                ? BearerTokens.sent(ctx.header("Authorization"))
                : Optional.ofNullable(ctx.header(identifierHeader)).filter(text -> !text.isBlank());
        return who.map(Gate::digest);
    }

    private static String digest(String text) {
        return Sha256.hex(text.getBytes(UTF_8));
    }
}
