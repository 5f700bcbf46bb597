package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.model.Tag;
import dev.freshet.settings.Settings;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CatalogReaderTest {
    private static final String SITES = """
            application: x
            sites:
              main: { scheme: thinkific, secrets: s }
              app: { scheme: freshet, secrets: s }
            """;

    /** A view that is right, from line 5 on. */
    private static final String VIEW = """
            views:
              list:
                route: /api/list
                key: list:{cohortId}:{page}
                params:
                  cohortId: int
                  page: { type: int, default: 1 }
                sql: |
                  select :cohortId::int,
                         :page::int
                tags: [ "cohort:{cohortId}" ]
                ttl: 5m
            """;

    private static final String EVENT = """
            events:
              a.b:
                from: app
                with: { id: /payload/id, at: /created_at, note: "/payload/note?" }
                identity: a:{id}
                version: at
                apply: delete from a where id = :id
                tags: [ "a:{id}" ]
            """;

    /** As {@link #EVENT} has them. */
    private static final String VERSION = "    identity: a:{id}\n    version: at\n";

    static Stream<Arguments> broken() {
        return Stream.of(
                Arguments.of(
                        view("ttl: 5m", "ttl: 5 minutes"),
                        "16: views.list.ttl must be a duration such as 5m, or one of SHORT, MEDIUM, LONG, VERY_LONG, DAY, was '5 minutes'"),
                Arguments.of(view("ttl: 5m", "tll: 5m"), """
                        6: views.list has no ttl; such as ttl: 5m
                        16: views.list.tll is no key of the format; did you mean ttl?"""),
                Arguments.of(view("ttl: 5m", "ttl:"), "16: views.list.ttl is empty"),
                Arguments.of(view("ttl: 5m", "ttl: 0s"), "16: views.list.ttl must be longer than nothing"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    ttl: 6m"),
                        "17: views.list.ttl stands twice; the first is in line 16"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    rewarm: sometimes"),
                        "17: views.list.rewarm must be one of hot, always, never, was 'sometimes'"),
                Arguments.of(
                        view("ttl: 5m", "ttl: medium"),
                        "16: views.list.ttl must be a duration such as 5m, or one of SHORT, MEDIUM, LONG, VERY_LONG, DAY, was 'medium'"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    refreshAhead: 1.5"),
                        "17: views.list.refreshAhead must be a part of the ttl such as 0.2, or off, was '1.5'"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    staleAfterInvalidate: maybe"),
                        "17: views.list.staleAfterInvalidate must be true or false, was 'maybe'"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    absentFor: 30s"),
                        "17: views.list.absentFor is for views of kind row, value or function; an array without rows is kept for the ttl"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    kind: function\n    function: f"),
                        "12: views.list.sql must not stand beside kind: function; the function makes the values"),
                Arguments.of(
                        function("function: f", ""),
                        "6: views.list has no function; such as function: what-it-is-called"),
                Arguments.of(
                        function("options: { in:", "audit: true\n    options: { in:"),
                        "13: views.list.audit is for views of sql; what a function makes is not compared with the database"),
                Arguments.of(function("kind: function", "kind: row\n    sql: select :id::int"), """
                        13: views.list.function is for views of kind: function
                        14: views.list.options is for views of kind: function"""),
                Arguments.of(
                        function("in: \"${DIRECTORY}\"", "in: [ a ]"),
                        "13: views.list.options.in must be a single value"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    kind: row\n    absentFor: 0s"),
                        "18: views.list.absentFor must be longer than nothing"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    audit: never"),
                        "17: views.list.audit must be true or false, was 'never'"),
                Arguments.of(
                        view("tags: [ \"cohort:{cohortId}\" ]", "tags: [ \"cohort:{cohort}\" ]"),
                        "15: views.list.tags has {cohort}, which nothing fills; did you mean cohortId?"),
                Arguments.of(
                        view("tags: [ \"cohort:{cohortId}\" ]", "tags: [ \"cohort:{cohortId\" ]"),
                        "15: views.list.tags has a brace without a name in 'cohort:{cohortId'; placeholders are such as {cohortId}"),
                Arguments.of(
                        view("key: list:{cohortId}:{page}", "key: list:{cohortId}"),
                        "8: views.list.key must contain {page}; else different answers share one entry"),
                Arguments.of(
                        view("key: list:{cohortId}:{page}", "key: list:{cohortId}-{page}"),
                        "8: views.list.key must have one of : / | , ; between two placeholders; else different values share one entry"),
                Arguments.of(view("       :page::int", "       :pgae::int"), """
                        6: warning: views.list does not use its parameter page in sql; each of its values is an entry of its own
                        14: views.list.sql has :pgae, which nothing fills; did you mean page?"""),
                Arguments.of(
                        view("       :page::int", "       ':page', :page::int"),
                        "14: views.list.sql has :page inside quotes, where it is only text; take the quotes away"),
                Arguments.of(
                        view("       :page::int", "       ':pgae', :page::int"),
                        "14: views.list.sql has :pgae inside quotes, where it is only text; take the quotes away"),
                Arguments.of(
                        view("       :page::int", "       :page::int; select 1"),
                        "14: views.list.sql must be one statement; join several with a WITH clause"),
                Arguments.of(
                        view("cohortId: int", "cohortId: number"),
                        "10: views.list.params.cohortId must be one of int, text, date, bool, uuid, was 'number'"),
                Arguments.of(
                        view("page: { type: int, default: 1 }", "page: { type: int, default: 0, min: 1 }"),
                        "11: views.list.params.page.default must be a whole number from 1, was '0'"),
                Arguments.of(
                        view("page: { type: int, default: 1 }", "page: { type: date, default: tomorrow }"),
                        "11: views.list.params.page.default must be a date such as 2026-01-31, or today, was 'tomorrow'"),
                Arguments.of(
                        view("page: { type: int, default: 1 }", "page: { type: int, default: today }"),
                        "11: views.list.params.page.default must be a whole number, was 'today'"),
                Arguments.of(
                        view("page: { type: int, default: 1 }", "page: { type: int, min: 9, max: 1 }"),
                        "11: views.list.params.page has a min above its max"),
                Arguments.of(
                        view("route: /api/list", "route: POST /api/list"),
                        "7: views.list.route must be GET and a path, such as GET /api/things, was 'POST /api/list'"),
                Arguments.of(
                        view("route: /api/list", "route: /events/list"),
                        "7: views.list.route must not begin with /events; Freshet answers there itself"),
                Arguments.of(
                        view("route: /api/list", "route: /api/{id}"),
                        "7: views.list.route has {id}, which is no parameter of the view"),
                Arguments.of(
                        event("from: app", "from: ap"),
                        "7: events.a.b.from names the site ap, which there is not; did you mean app?"),
                Arguments.of(
                        event("version: at", "version: att"),
                        "10: events.a.b.version must be a name of with, or receivedAt, was 'att'"),
                Arguments.of(
                        event("    version: at\n", ""),
                        "6: events.a.b has an identity but no version; newest wins needs both: what it is about and how new it is"),
                Arguments.of(
                        event("    identity: a:{id}\n", ""),
                        "6: events.a.b has a version but no identity; newest wins needs both: what it is about and how new it is"),
                Arguments.of(
                        event("identity: a:{id}", "identity: a:{note}"),
                        "6: events.a.b needs note for identity and version, but it is optional; take the ? from with.note"),
                Arguments.of(
                        event("id: /payload/id", "id: payload/id"),
                        "8: events.a.b.with.id must be a JSON pointer such as /payload/id, was 'payload/id'"),
                Arguments.of(
                        event("tags: [ \"a:{id}\" ]", "tags: [ \"a:{cohortId}\" ]"),
                        "12: events.a.b.tags has {cohortId}, which nothing fills; declare it under with"),
                Arguments.of(
                        event("= :id", "= :ids"),
                        "11: events.a.b.apply has :ids, which nothing fills; did you mean id?"),
                Arguments.of(event("a.b:", "a.b, a.b:"), "6: events.a.b, a.b has a rule already; give a.b one rule"),
                Arguments.of(
                        event("a.b:", "Created:"),
                        "6: events.Created has the topic 'Created'; topics are such as enrollment.created"),
                Arguments.of(
                        event("from: app", "from: main\n    route: POST /api/a"),
                        "6: warning: events.a.b waits for a.b, which Thinkific is not known to send\n8: events.a.b.route needs one site that signs its requests; say from: and a site whose scheme is freshet"),
                Arguments.of(
                        event("from: app", "from: app\n    route: /api/a"),
                        "8: events.a.b.route must be POST, PUT, PATCH, DELETE and a path, such as POST /api/things, was '/api/a'"),
                Arguments.of(
                        event("from: app", "from: app\n    route: PUT /api/a/{id}"),
                        "8: events.a.b.route has braces in '/api/a/{id}'; a write's route has no placeholders;"
                                + " take the id from the body (with)"),
                Arguments.of(
                        SITES + "events:\n  a.b: { paths: [ /x ] }\n",
                        "6: events.a.b does nothing; give it apply, tags or scores"),
                Arguments.of(SITES + "views: [ a ]\n", "5: views must be a mapping"),
                Arguments.of(
                        "application: x\nsites: { a: { scheme: paypal, secrets: s } }",
                        "2: sites.a.scheme must be one of freshet, github, hmac, shopify, standard, stripe, thinkific, was 'paypal'"),
                Arguments.of("sites: {}", "1: application is missing; such as application: shop"),
                Arguments.of(
                        "application: x\nfrontEnds: { web: { type: nextjs, instances: \"localhost\", secret: s } }",
                        "2: frontEnds.web.instances must be URLs such as http://dashboard:3000, was 'localhost'"),
                Arguments.of(
                        frontEnd("instances: \"http://a:1\""), "2: frontEnds.web has no type; such as type: nextjs"),
                Arguments.of(
                        frontEnd("type: remix"),
                        "2: frontEnds.web.type must be one of nextjs, http, next-cache-handler, was 'remix'"),
                Arguments.of(
                        frontEnd("type: http, instances: \"dns+ftp://a\", secret: s"),
                        "2: frontEnds.web.instances must be URLs such as http://dashboard:3000, was 'dns+ftp://a'"),
                Arguments.of(
                        frontEnd("type: http, instances: \"http://a\", secret: s, redis: \"redis://a\""),
                        "2: frontEnds.web.redis is no key of the format; known here: type, instances, secret, proof"),
                Arguments.of(
                        frontEnd("type: nextjs, instances: \"http://a\", secret: s, proof: { }"),
                        "2: frontEnds.web.proof must say where pages carry their version;"
                                + " such as { meta: freshet-version }, or header"),
                Arguments.of(
                        frontEnd("type: nextjs, instances: \"http://a\", secret: s, proof: { meta: a, header: b }")
                                + "events: { a.b: { with: { v: /v }, tags: [ x ], paths: [ { path: /a, version: \"{v}\" } ] } }",
                        "2: frontEnds.web.proof must say where pages carry their version;"
                                + " such as { meta: freshet-version }, or header"),
                Arguments.of(
                        frontEnd("type: nextjs, instances: \"http://a\", secret: s, proof: { header: \"X Y\" }"),
                        "2: frontEnds.web.proof.header must be the name of a response header such as X-Freshet-Version,"
                                + " was 'X Y'"),
                Arguments.of(
                        frontEnd("type: nextjs, instances: \"http://me:hush@a\", secret: s"),
                        "2: frontEnds.web.instances has a login, which is not sent;"
                                + " take it out of the URL; calls are signed"),
                Arguments.of(
                        frontEnd("type: nextjs, instances: \"//me:hush@a\", secret: s"),
                        "2: frontEnds.web.instances must be URLs such as http://dashboard:3000"),
                Arguments.of(
                        frontEnd(
                                "type: http, instances: \"http://a/x?i=1, http://a/x?i=2, http://a/x?i=2\", secret: s"),
                        "2: frontEnds.web has instances that differ only in their queries;"
                                + " give each a path of its own"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"redis://a\", keyPrefix:"),
                        "2: frontEnds.web.keyPrefix is empty"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, keyPrefix: \"a:\""),
                        "2: frontEnds.web has no redis; such as redis: \"${NEXT_CACHE_REDIS_URL}\""),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"redis://a\""),
                        "2: frontEnds.web has no keyPrefix;"
                                + " such as keyPrefix: \"nextjs:\", the one that the cache handler is given"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"http://:hush@a\", keyPrefix: \"a:\""),
                        "2: frontEnds.web.redis must be one URL of one host such as redis://cache:6379"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"redis://a/b\", keyPrefix: \"a:\""),
                        "2: frontEnds.web.redis must be one URL of one host such as redis://cache:6379"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"redis://a, redis://b\", keyPrefix: \"a:\""),
                        "2: frontEnds.web has several values for redis; give each Redis a front end of its own"),
                Arguments.of(
                        frontEnd("type: next-cache-handler, redis: \"redis://a\", keyPrefix: \"a:\", secret: s"),
                        "2: frontEnds.web.secret is no key of the format; known here: type, redis, keyPrefix"),
                Arguments.of(
                        event("tags: [ \"a:{id}\" ]", "tags: [ x ]\n    paths: [ { path: /a } ]"),
                        "13: events.a.b.paths has no version; such as version: \"{at}\""),
                Arguments.of(
                        event(
                                "tags: [ \"a:{id}\" ]",
                                "tags: [ x ]\n    paths: [ { path: \"/a/[id]\", version: \"{at}\" } ]"),
                        "13: events.a.b.paths.path is '/a/[id]', which stands for many pages; take its version away"),
                Arguments.of(
                        event(
                                "tags: [ \"a:{id}\" ]",
                                "tags: [ x ]\n    paths: [ { path: \"{id}\", version: \"{at}\" } ]"),
                        "13: events.a.b.paths.path is '{id}', at which no page is;"
                                + " begin it with /, such as /dashboard/{cohortId}"),
                Arguments.of(
                        event("tags: [ \"a:{id}\" ]", "tags: [ x ]\n    paths: [ { version: \"{at}\" } ]"),
                        "13: events.a.b.paths has no path; such as path: \"/dashboard/{cohortId}\""),
                Arguments.of(
                        event("tags: [ \"a:{id}\" ]", "tags: [ x ]\n    paths: [ { path: /a, version: \"1\" } ]"),
                        "13: events.a.b.paths.version is '1', which is always the same;"
                                + " fill it from the event or a row, such as version: \"{at}\""),
                Arguments.of(
                        event("tags: [ \"a:{id}\" ]", "tags: [ x ]\n    paths: [ { path: /a, version: \"{att}\" } ]"),
                        "13: events.a.b.paths.version has {att}, which nothing fills; did you mean at?"),
                Arguments.of(
                        "application: x\nfrontEnds: { web: { type: nextjs, instances: \"http://a:1\", secret: \"${NONE}\" } }",
                        "2: frontEnds.web has instances but no secret; set the variable that its secret names"),
                Arguments.of(view("ttl: 5m", "ttl: 5m\n    access: { tokns: a }"), """
                        17: views.list.access.tokns is no key of the format; did you mean tokens?
                        17: views.list.access has no tokens; such as tokens: "${LIST_TOKENS}\""""),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    access: { tokens: 'a b' }"),
                        "17: views.list.access.tokens has a token that cannot be sent; use letters, digits and"
                                + " - . _ ~ + /, and = at the end"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    access: { tokens: a }\n    cdn: 60s"),
                        "18: views.list.cdn must not stand beside access; what only some may read is kept by no"
                                + " shared cache"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    cdn: 0s"),
                        "17: views.list.cdn must be longer than nothing; leave it out, and no shared cache serves the view"
                                + " without asking"),
                Arguments.of(
                        "application: x\nlimits: { window: 10ms }",
                        "2: limits.window must be from 1s to 24d; such as window: 1m"),
                Arguments.of(
                        view("ttl: 5m", "ttl: 5m\n    cdn: 500ms"),
                        "17: views.list.cdn must be whole seconds; Cache-Control knows nothing shorter"),
                Arguments.of(
                        view("route: /api/list", "route: /api/admin/cache/list"),
                        "7: views.list.route must not begin with /api/admin/cache; Freshet answers there itself"),
                Arguments.of(
                        "application: x\nlimits: { identifierHeader: 'X Key' }",
                        "2: limits.identifierHeader must be the name of a request header such as X-Api-Key, was 'X Key'"),
                Arguments.of(
                        "application: x\nlimits: { api: -1 }",
                        "2: limits.api must be a whole number of at least 0, was '-1'"),
                Arguments.of(
                        "application: [", "1: this is no YAML: expected the node content, but found '<stream end>'"),
                Arguments.of("", "1: the file is empty"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void aBrokenCatalogIsRefusedWithItsLineAndWhatWouldBeRight(String yaml, String messages) {
        assertThat(refusal(yaml)).isEqualTo(messages);
    }

    @Test
    void twoRoutesMayNotBeOne() {
        var twice = view("", "")
                + VIEW.replace("views:\n", "").replace("  list:", "  other:").replace("{page}", "{page}/");
        assertThat(refusal(twice))
                .isEqualTo("18: views.other.route is taken; GET /api/list is views.list.route in line 7");
    }

    @Test
    void everyProblemIsReportedNotOnlyTheFirst() {
        var yaml = view("ttl: 5m", "ttl: x").replace("scheme: freshet", "scheme: y") + EVENT.replace("= :id", "= :idd");
        assertThat(refusal(yaml).lines()).hasSize(3);
    }

    @Test
    void anEventThatAppliesInAnyOrderIsNoted() {
        var catalog = parse(event(VERSION, "").replace("at: /created_at, ", ""), Map.of());
        assertThat(catalog.notes())
                .hasToString(
                        "[x.yaml:6: note: events.a.b applies in any order, also late and twice; give it identity and"
                                + " version, or anyOrder: true if that is harmless]");
    }

    @Test
    void anEventThatSaysThatAnyOrderIsHarmlessIsNotNoted() {
        var any = event(VERSION, "    anyOrder: true\n").replace("at: /created_at, ", "");
        assertThat(parse(any, Map.of()).notes()).isEmpty();
        assertThat(refusal(event(VERSION, VERSION + "    anyOrder: true\n")))
                .isEqualTo("6: events.a.b has a version, and anyOrder; take one of them out");
    }

    @Test
    void aViewThatAsksTheClockIsWarnedOfUnlessTheAuditLeavesItOut() {
        var sql = "       :page::int,\n               now() - 'now()'::interval";
        var catalog = parse(view("       :page::int", sql), Map.of());
        assertThat(catalog.notes())
                .singleElement()
                .hasToString("x.yaml:6: warning: views.list asks the clock or chance in sql, so its cached values may"
                        + " differ from the database; audit: false, or the audit takes them for stale");
        assertThat(Objects.requireNonNull(catalog.views().get("list")).audit()).isTrue();

        var without = parse(view("       :page::int", sql).replace("ttl: 5m", "ttl: 5m\n    audit: false"), Map.of());
        assertThat(without.notes()).isEmpty();
        assertThat(Objects.requireNonNull(without.views().get("list")).audit()).isFalse();
    }

    @Test
    void aCatalogWithoutSitesSaysSo() {
        assertThat(refusal("application: x\n" + EVENT))
                .contains("4: events.a.b.from names the site app, which there is not; there are no sites");
    }

    @Test
    void aTagThatNoEventInvalidatesIsAWarning() {
        var catalog = parse(SITES + VIEW + EVENT.replace("a:{id}\"", "cohrt:{id}\""), Map.of());
        assertThat(catalog.notes())
                .hasToString("[x.yaml:15: warning: views.list.tags has cohort:{cohortId}, which no event invalidates;"
                        + " did you mean cohrt:{cohortId}?]");
    }

    @Test
    void aTagThatSomeEventMayInvalidateIsNotNoted() {
        for (var tag : List.of("cohort:{id}", "cohort:all", "{note}:{id}")) {
            var event = EVENT.replace("[ \"a:{id}\" ]", "[ \"" + tag + "\" ]");
            assertThat(parse(SITES + VIEW + event, Map.of()).notes()).as(tag).isEmpty();
        }
    }

    @Test
    void aVariableWithoutWhichASiteHasNoSecretIsAWarning() {
        var yaml = SITES.replace("freshet, secrets: s", "freshet, secrets: \"${OLD},${NEW}\"") + EVENT;
        assertThat(parse(yaml, Map.of()).notes())
                .hasToString("[x.yaml:4: warning: sites.app.secrets: none of OLD, NEW is set,"
                        + " so every request of site app is refused]");
        assertThat(parse(yaml, Map.of("NEW", "s")).notes()).isEmpty();
    }

    @Test
    void anUnquotedQuestionMarkIsNamedWhereItBreaksTheFile() {
        assertThat(refusal(SITES + EVENT.replace("\"/payload/note?\"", "/payload/note?")))
                .startsWith("8: this is no YAML: ")
                .endsWith("; quote a value that ends with ?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [ cohort:{cohortId} ]        | 15: views.list.tags must be a single value; | cohort:{cohortId}
            [ list, {cohortId}:a:{page}] | 15:                                         | {cohortId}:a:{page}
            {cohortId}                   | 15: views.list.tags must be a list;         | {cohortId}
            {cohortId}:a                 | 15: this is no YAML:                        | {cohortId}:a
            [ cohort-{cohortId}, list ]  | 15: this is no YAML:                        | cohort-{cohortId}
            """)
    void aPlaceholderThatNeedsQuotesIsShownInThem(String tags, String problem, String inQuotes) {
        assertThat(refusal(view("[ \"cohort:{cohortId}\" ]", tags)))
                .startsWith(problem)
                .endsWith("; write it in quotes, such as \"" + inQuotes + "\"")
                .hasLineCount(1);
    }

    @Test
    void whatIsNoPlaceholderNeedsNoQuotes() {
        assertThat(refusal(view("ttl: 5m", "ttl: { m: 5 }"))).isEqualTo("16: views.list.ttl must be a single value");
        assertThat(refusal(view("ttl: 5m", "ttl: &a { b: *a }")))
                .isEqualTo("16: views.list.ttl must be a single value");
        assertThat(refusal(view("ttl: 5m", "ttl: \"{a}\" b")))
                .startsWith("16: this is no YAML")
                .doesNotContain("quotes");
    }

    @Test
    void whatFollowsFromAnotherProblemIsLeftOut() {
        var broken = VIEW.replace("ttl: 5m", "ttl: soon");
        var names = EVENT + "    through: [ list ]\ntargets: { views: { list: 0.5 } }\n";
        assertThat(refusal(SITES + broken + names))
                .startsWith("16: views.list.ttl")
                .hasLineCount(1);

        var unknown = event("from: app", "from: ap\n    route: POST /api/a\n    through: [ list ]") + VIEW;
        assertThat(refusal(unknown.replace("{ id:", "{ cohortId: /payload/c, id:")))
                .startsWith("7: events.a.b.from names the site ap")
                .hasLineCount(1);
    }

    @Test
    void aValueThatNothingUsesIsAWarningUnlessItMayBeMissing() {
        var yaml = event("note: \"/payload/note?\"", "note: /payload/note");
        assertThat(parse(yaml, Map.of()).notes())
                .hasToString(
                        "[x.yaml:8: warning: events.a.b.with.note is used nowhere, and a delivery without it becomes"
                                + " a dead letter; take it out, or end it with ? if it may be missing]");
        for (var use : List.of(
                "paths: [ \"/a/{note}\" ]",
                "paths: [ { path: /a, version: \"{note}\" } ]",
                "lookup: select 1 where :note = 'a'",
                "through: [ list ]")) {
            var view = VIEW.replace("cohortId", "note").replace("\"cohort:", "\"a:");
            assertThat(parse(yaml + "    " + use + "\n" + view, Map.of()).notes())
                    .as(use)
                    .isEmpty();
        }
    }

    @Test
    void aTopicThatThinkificDoesNotSendIsAWarning() {
        var catalog = parse(event("from: app", "from: main").replace("a.b:", "enrolment.created:"), Map.of());
        assertThat(catalog.notes())
                .hasToString(
                        "[x.yaml:6: warning: events.enrolment.created waits for enrolment.created, which Thinkific is"
                                + " not known to send; did you mean enrollment.created?]");
    }

    @Test
    void variablesAreFilledAndListsSplitAtCommas() {
        var yaml = """
                application: x
                sites: { main: { scheme: thinkific, secrets: "${SECRETS}" } }
                frontEnds: { web: { type: nextjs, instances: "${URLS:-http://a:1, http://b:2}", secret: "${S}" } }
                limits: { api: "${API:-100}", cache: 5, identifier: 7, identifierHeader: X-Key, window: 10s }
                """;
        var catalog = parse(yaml, Map.of("SECRETS", "one,two", "S", "s"));
        assertThat(Objects.requireNonNull(catalog.sites().get("main")).secrets())
                .containsExactly("one", "two");
        assertThat(Objects.requireNonNull(catalog.frontEnds().get("web")).instances())
                .containsExactly(URI.create("http://a:1"), URI.create("http://b:2"));
        assertThat(catalog.limits()).isEqualTo(new Limits(0, 100, 5, 0, 7, "X-Key", Duration.ofSeconds(10)));
        assertThat(catalog.toString()).doesNotContain("one").doesNotContain("two");
    }

    @Test
    void aFrontEndIsToldInTheWayOfItsType() {
        var yaml = """
                application: x
                frontEnds:
                  pages: { type: nextjs, instances: "dns+http://web:3000", secret: s, proof: { meta: v } }
                  search: { type: http, instances: "https://search/hook", secret: s, proof: { header: X-V } }
                  shared: { type: next-cache-handler, redis: "${R}", keyPrefix: "${P:-nextjs:}" }
                  bare: { type: next-cache-handler, redis: "${R}", keyPrefix: "" }
                events:
                  a.b: { with: { at: /at }, tags: [ x ], paths: [ /a, { path: /b, version: "{at}" } ] }
                """;
        var catalog = parse(yaml, Map.of("R", "redis://:hush@cache:6379/2"));
        assertThat(catalog.frontEnds().values())
                .containsExactly(
                        new FrontEnd(
                                "pages",
                                FrontEnd.Type.NEXTJS,
                                List.of(URI.create("dns+http://web:3000")),
                                List.of("s"),
                                Optional.of(new FrontEnd.Proof.Meta("v")),
                                ""),
                        new FrontEnd(
                                "search",
                                FrontEnd.Type.HTTP,
                                List.of(URI.create("https://search/hook")),
                                List.of("s"),
                                Optional.of(new FrontEnd.Proof.Header("X-V")),
                                ""),
                        new FrontEnd(
                                "shared",
                                FrontEnd.Type.NEXT_CACHE_HANDLER,
                                List.of(URI.create("redis://:hush@cache:6379/2")),
                                List.of(),
                                Optional.empty(),
                                "nextjs:"),
                        new FrontEnd(
                                "bare",
                                FrontEnd.Type.NEXT_CACHE_HANDLER,
                                List.of(URI.create("redis://:hush@cache:6379/2")),
                                List.of(),
                                Optional.empty(),
                                ""));
        assertThat(catalog.notes()).isEmpty();
        assertThat(catalog.toString()).contains("redis://cache:6379/2").doesNotContain("hush");
    }

    @Test
    void aProofForWhichNoEventSaysAVersionIsAWarning() {
        var yaml = frontEnd("type: nextjs, instances: \"http://a\", secret: s, proof: { meta: v }");
        assertThat(parse(yaml, Map.of()).notes())
                .hasToString(
                        "[x.yaml:2: warning: frontEnds.web.proof proves nothing, since no event says how new a page"
                                + " must be; such as paths: [ { path: \"/dashboard/{cohortId}\", version: \"{at}\" } ]]");
    }

    @Test
    void aSecretIsNotPrintedWhateverItsVariableIsCalled() {
        var settings = new Settings(Map.of("SIGNING_KEY", "hush", "WEB_KEY", "hush"));
        var yaml = """
                application: x
                sites: { main: { scheme: thinkific, secrets: "${SIGNING_KEY}" } }
                frontEnds: { web: { type: nextjs, instances: "http://a:1", secret: "${WEB_KEY}" } }
                """;
        CatalogReader.parse("x.yaml", yaml, settings);
        assertThat(settings.describe()).containsExactly("SIGNING_KEY=***", "WEB_KEY=***");
    }

    @Test
    void aSecretThatIsNotSetIsNone() {
        var site = parse(SITES.replace("secrets: s", "secrets: \"${NONE}\""), Map.of())
                .sites()
                .get("main");
        assertThat(Objects.requireNonNull(site).secrets()).isEmpty();
    }

    @Test
    void aViewIsOpenUnlessItNamesTokensAndThenNobodyIsLetInWithoutOne() {
        assertThat(access("", Map.of())).isEqualTo(Access.OPEN);
        assertThat(access("cdn: 60s", Map.of()))
                .isEqualTo(new Access(new Access.Who.Everybody(), Duration.ofSeconds(60)));
        var closed = access("access: { tokens: \"${REPORT_KEY}\" }", Map.of("REPORT_KEY", "old, new"));
        assertThat(closed).isEqualTo(Access.of(List.of("old", "new")));
        assertThat(closed.toString()).doesNotContain("old");

        var unset = parse(view("ttl: 5m", "ttl: 5m\n    access: { tokens: \"${REPORT_KEY}\" }"), Map.of());
        assertThat(Objects.requireNonNull(unset.views().get("list")).access()).isEqualTo(Access.of(List.of()));
        assertThat(unset.notes().toString())
                .contains("views.list.access.tokens: REPORT_KEY is not set, so every read of view list is refused");
    }

    private static Access access(String line, Map<String, String> environment) {
        var catalog = parse(view("ttl: 5m", "ttl: 5m\n    " + line), environment);
        return Objects.requireNonNull(catalog.views().get("list")).access();
    }

    @Test
    void aViewMayBeMadeByAFunction() {
        var view = Objects.requireNonNull(
                parse(function("", ""), Map.of("DIRECTORY", "/srv/a")).views().get("list"));
        assertThat(view.source()).isEqualTo(new View.Source.Function("f", Map.of("in", "/srv/a", "most", "7"), 12));
        assertThat(view.source().toString()).isEqualTo("function f");
        assertThat(view.audit()).isFalse();
        assertThat(view.serving().absentFor()).isEqualTo(Duration.ofMinutes(1));

        var before = view.fingerprint();
        assertThat(fingerprint(function("function: f", "function: g"))).isNotEqualTo(before);
        assertThat(fingerprint(function("most: 7", "most: 8"))).isNotEqualTo(before);
        assertThat(fingerprint(function("ttl: 5m", "ttl: 6m")))
                .isEqualTo(fingerprint(function("", "")))
                .isNotEqualTo(before); // another directory
    }

    @Test
    void aViewSaysHowLongItsValuesServe() {
        var fiveMinutes = Duration.ofMinutes(5);
        assertThat(serving("ttl: 5m")).isEqualTo(Serving.of(fiveMinutes, Duration.ZERO));
        assertThat(serving("ttl: MEDIUM")).isEqualTo(serving("ttl: 5m"));
        assertThat(serving("ttl: DAY").ttl()).isEqualTo(Duration.ofDays(1));
        assertThat(serving("ttl: 5m\n    refreshAhead: off").refreshAhead()).isZero();
        var all = "ttl: 5m\n    grace: 1h\n    kind: row\n    absentFor: SHORT\n    refreshAhead: 0.35"
                + "\n    staleAfterInvalidate: true\n    gzip: false";
        assertThat(serving(all))
                .isEqualTo(new Serving(fiveMinutes, Duration.ofHours(1), Duration.ofMinutes(1), 0.35, true, false));
    }

    @Test
    void aViewNamesWhatIsLoadedBeforeItsReadersCome() {
        assertThat(warm("")).isEmpty();
        var atStart = warm("    warm: select 3 as \"cohortId\"\n").orElseThrow();
        assertThat(atStart.sql().text()).isEqualTo("select 3 as \"cohortId\"");
        assertThat(atStart.every()).isEmpty();
        var often = warm("    warm: { sql: select 3, every: 30m }\n").orElseThrow();
        assertThat(often.every()).contains(Duration.ofMinutes(30));

        assertThat(refusal(view("ttl: 5m", "ttl: 5m\n    warm: { every: 1h }"))).contains("views.list.warm", "sql");
        assertThat(refusal(view("ttl: 5m", "ttl: 5m\n    warm: { sql: select 3, every: 59s }")))
                .contains("views.list.warm.every must be 1m or longer");
        assertThat(refusal(view("ttl: 5m", "ttl: 5m\n    warm: select :cohortId")))
                .contains("views.list.warm has :cohortId, which nothing fills; warm takes no parameters");
        assertThat(refusal(view("ttl: 5m", "ttl: 5m\n    rewarm: never\n    warm: select 3")))
                .contains("views.list.warm must not stand beside rewarm: never");
    }

    private static Optional<Warm> warm(String lines) {
        return Objects.requireNonNull(parse(view("    ttl: 5m\n", "    ttl: 5m\n" + lines), Map.of())
                        .views()
                        .get("list"))
                .warm();
    }

    private static Serving serving(String lines) {
        var views = parse(view("ttl: 5m", lines), Map.of()).views();
        return Objects.requireNonNull(views.get("list")).serving();
    }

    @Test
    void theEnvironmentOverridesTheTtlOfAView() {
        assertThat(ttl(Map.of("CACHE_TTL_LIST", "90"))).isEqualTo(Duration.ofSeconds(90));
        assertThat(ttl(Map.of("CACHE_TTL_LIST", "2h"))).isEqualTo(Duration.ofHours(2));
        assertThat(ttl(Map.of("CACHE_TTL_LIST", "LONG"))).isEqualTo(Duration.ofMinutes(30));
        assertThatThrownBy(() -> ttl(Map.of("CACHE_TTL_LIST", "soon")))
                .hasMessage("x.yaml:16: views.list.ttl is overridden by CACHE_TTL_LIST, which must be seconds, a"
                        + " duration such as 5m, or one of SHORT, MEDIUM, LONG, VERY_LONG, DAY, was 'soon'");
    }

    @Test
    void aWriteMayLoadViewsAgain() {
        var both = VIEW + EVENT.replace("tags: [ \"a:{id}\" ]", "tags: [ \"a:{id}\" ]\n    through: [ list ]");
        var yaml = SITES + both.replace("{ id: /payload/id,", "{ id: /payload/id, cohortId: /payload/cohort,");
        var rule = parse(yaml, Map.of()).rule("a.b", "app").orElseThrow();
        assertThat(rule.through()).containsExactly("list");

        assertThat(refusal(SITES + both))
                .contains("events.a.b.through names the view list, whose parameter cohortId nothing fills");
        assertThat(refusal(yaml.replace("through: [ list ]", "through: [ lists ]")))
                .contains("names the view lists, which there is not; did you mean list?");
        assertThat(refusal(yaml.replace("from: app", "from: main")))
                .contains("events.a.b.through is for what the application itself writes");
        assertThat(refusal(yaml.replace("ttl: 5m", "ttl: 5m\n    rewarm: never")))
                .contains("names the view list, which is never loaded again");
    }

    @Test
    void severalTopicsMayShareOneRule() {
        var catalog = parse(event("a.b:", "a.b, a.c:"), Map.of());
        assertThat(catalog.events().keySet()).containsExactly("a.b", "a.c");
        assertThat(catalog.rule("a.c", "app").map(EventRule::topic)).contains("a.c");
        assertThat(catalog.rule("a.c", "main")).isEmpty();
        assertThat(catalog.rule("a.d", "app")).isEmpty();
    }

    @Test
    void aChangedDefinitionHasAnotherFingerprint() {
        var before = fingerprint(view("", ""));
        assertThat(fingerprint(view("ttl: 5m", "ttl: 6m"))).isEqualTo(before);
        for (var change : List.of(
                view(":page::int", ":page::bigint"),
                view("key: list", "key: lists"),
                view("cohortId: int", "cohortId: text"),
                view("tags: [", "tags: [ other,"),
                view("ttl: 5m", "ttl: 5m\n    kind: row"))) {
            assertThat(fingerprint(change)).isNotEqualTo(before);
        }
    }

    @Test
    void moreTagsThanAValueCarriesAreRefused() {
        var tags = IntStream.rangeClosed(0, Tag.MOST).mapToObj(i -> "more-" + i).collect(Collectors.joining(", "));
        assertThat(refusal(view("tags: [", "tags: [ " + tags + ", ")))
                .contains("views.list.tags has", "a value carries at most 100");
    }

    @Test
    void aTagThatCouldBecomeTooLongIsRefused() {
        var yaml = view("cohortId: int", "cohortId: { type: text, maxLength: 400 }")
                .replace("cohort:{cohortId}", "{cohortId}{cohortId}" + "x".repeat(113));
        assertThat(refusal(yaml)).contains("15: views.list.tags may become longer than 512 characters in '{cohortId}");
    }

    @Test
    void theSchemaForEditorsKnowsTheSameKeys() throws Exception {
        var root = new JsonMapper().readTree(CatalogReader.class.getResourceAsStream("/catalogs/catalog.schema.json"));
        assertThat(names(root.at("/properties"))).containsExactlyInAnyOrderElementsOf(CatalogParser.SECTIONS);
        assertThat(names(root.at("/properties/sites/additionalProperties/properties")))
                .containsExactlyInAnyOrderElementsOf(SiteParser.KEYS);
        assertThat(names(root.at("/properties/tokens/additionalProperties/properties")))
                .containsExactlyInAnyOrderElementsOf(TokensParser.KEYS);
        assertThat(names(root.at("/properties/views/additionalProperties/properties/access/properties")))
                .containsExactlyInAnyOrderElementsOf(AccessParser.KEYS);
        assertThat(names(root.at("/properties/sessions/properties")))
                .containsExactlyInAnyOrderElementsOf(SessionsParser.KEYS);
        assertThat(names(root.at("/properties/limits/properties")))
                .containsExactlyInAnyOrderElementsOf(LimitsParser.KEYS);
        assertThat(names(root.at("/properties/targets/properties")))
                .containsExactlyInAnyOrderElementsOf(TargetsParser.KEYS);
        assertThat(names(root.at("/properties/targets/properties/views/additionalProperties/oneOf/1/properties")))
                .containsExactlyInAnyOrderElementsOf(TargetsParser.OF_VIEW);
        var views = root.at("/properties/views/additionalProperties/properties");
        assertThat(names(views)).containsExactlyInAnyOrderElementsOf(ViewParser.KEYS);
        assertThat(names(views.at("/params/additionalProperties/oneOf/1/properties")))
                .containsExactlyInAnyOrderElementsOf(ParameterParser.KEYS);
        assertThat(names(views.at("/warm/oneOf/1/properties"))).containsExactlyInAnyOrderElementsOf(WarmParser.KEYS);
        assertThat(names(root.at("/properties/events/additionalProperties/properties")))
                .containsExactlyInAnyOrderElementsOf(EventParser.KEYS);
        assertThat(names(root.at("/properties/changes/additionalProperties/properties")))
                .containsExactlyInAnyOrderElementsOf(ChangesParser.KEYS);
        var frontEnds = root.at("/properties/frontEnds/additionalProperties/oneOf");
        assertThat(names(frontEnds.at("/0/properties"))).containsExactlyInAnyOrderElementsOf(FrontEndParser.CALLED);
        assertThat(names(frontEnds.at("/1/properties"))).containsExactlyInAnyOrderElementsOf(FrontEndParser.MARKED);
    }

    private static List<String> names(JsonNode properties) {
        return properties.properties().stream().map(Map.Entry::getKey).toList();
    }

    @Test
    void aCatalogIsAFileOrInAFolderOrComesWithFreshet(@TempDir Path directory) throws Exception {
        var file = Files.writeString(directory.resolve("mine.yaml"), "application: mine");
        assertThat(CatalogReader.read(file.toString(), Map.of()).application()).isEqualTo("mine");
        for (var name : CatalogReader.names()) {
            assertThat(CatalogReader.read(name, Map.of()).application()).isEqualTo(name);
        }
        var byDefault = CatalogReader.names().getFirst();
        assertThat(CatalogReader.read(new Settings(Map.of())).application()).isEqualTo(byDefault);
        var named = new Settings(Map.of("CATALOG", file.toString()));
        assertThat(CatalogReader.read(named).application()).isEqualTo("mine");
        var folder = Files.createDirectory(directory.resolve("folder"));
        Files.writeString(folder.resolve("catalog.yaml"), "application: folded");
        var folded = CatalogReader.read(folder.toString(), Map.of());
        assertThat(folded.application()).isEqualTo("folded");
        assertThat(folded.file()).isEqualTo(folder.resolve("catalog.yaml").toString());
        assertThatThrownBy(() -> CatalogReader.read(directory.toString(), Map.of()))
                .isInstanceOf(CatalogException.class)
                .hasMessageContaining("there is no such catalog; name a file, a folder with a catalog.yaml");
        assertThatThrownBy(() -> CatalogReader.read("absent.yaml", Map.of()))
                .isInstanceOf(CatalogException.class)
                .hasMessage(
                        "absent.yaml: there is no such catalog; name a file, a folder with a catalog.yaml, or one that comes with Freshet: "
                                + String.join(", ", CatalogReader.names()));
    }

    private static String view(String from, String to) {
        return SITES + VIEW.replace(from, to);
    }

    private static String function(String from, String to) {
        return SITES + """
                views:
                  list:
                    key: list:{id}
                    params: { id: int }
                    tags: [ list ]
                    ttl: 5m
                    kind: function
                    function: f
                    options: { in: "${DIRECTORY}", most: 7 }
                    absentFor: 1m
                """.replace(from, to);
    }

    private static String event(String from, String to) {
        return SITES + EVENT.replace(from, to);
    }

    private static String frontEnd(String rest) {
        return "application: x\nfrontEnds: { web: { " + rest + " } }\n";
    }

    private static Duration ttl(Map<String, String> environment) {
        return Objects.requireNonNull(parse(view("", ""), environment).views().get("list"))
                .ttl();
    }

    private static String fingerprint(String yaml) {
        return Objects.requireNonNull(parse(yaml, Map.of()).views().get("list")).fingerprint();
    }

    private static Catalog parse(String yaml, Map<String, String> environment) {
        return CatalogReader.parse("x.yaml", yaml, new Settings(environment));
    }

    private static String refusal(String yaml) {
        try {
            return "accepted with " + parse(yaml, Map.of()).notes();
        } catch (CatalogException e) {
            return String.valueOf(e.getMessage()).replace("x.yaml:", "");
        }
    }
}
