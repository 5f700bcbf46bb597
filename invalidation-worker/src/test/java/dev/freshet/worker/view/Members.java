package dev.freshet.worker.view;

import java.util.stream.Stream;

/** What members of a library may read of themselves: catalog, rows and tokens. */
final class Members {
    static final String SECRET = "a secret that has thirty-two bytes and more";

    /** Values say whose they are. */
    static final String CATALOG = """
            application: members
            tokens:
              app: { algorithm: HS256, keys: "${MEMBER_KEYS}", issuer: library }
            views:
              account:
                route: /api/account
                key: account:{tenant}:{member}:{page}
                params:
                  tenant: { type: text, claim: tenant }
                  member: { type: text, claim: sub }
                  page: { type: int, default: 1, min: 1, max: 3 }
                kind: row
                sql: |
                  select :tenant::text as tenant, :member::text as member, :page::int as page,
                         (select sum(lent) from loans where tenant = :tenant and member = :member) as lent
                tags: [ "member:{member}" ]
                ttl: 5m
                grace: 1h
                access: { token: app }
              report:
                key: report
                kind: value
                sql: select 42
                tags: [ report ]
                ttl: 5m
                access: { token: app, require: { role: [ admin, manager ] } }
              all:
                key: all
                kind: value
                sql: select 7
                tags: [ all ]
                ttl: 5m
            """;

    private Members() {}

    static Library library() {
        var library = new Library(CATALOG);
        library.execute("create table loans (tenant text, member text, lent int)");
        library.execute("insert into loans values ('a', '7', 1), ('a', '8', 2)");
        return library;
    }

    static Library.Desk open(Library library, String... settings) {
        return library.open(Stream.concat(Stream.of("MEMBER_KEYS", SECRET), Stream.of(settings))
                .toArray(String[]::new));
    }

    /** The header of a member of the tenant a. */
    static String[] as(String member) {
        return bearer(token("a", member));
    }

    /** @param tenant and member as they stand in JSON, within its quotes */
    static String token(String tenant, String member) {
        return Tokens.of(SECRET, "\"iss\":\"library\",\"tenant\":\"" + tenant + "\",\"sub\":\"" + member + "\"");
    }

    static String[] bearer(String token) {
        return new String[] {"Authorization", "Bearer " + token};
    }
}
