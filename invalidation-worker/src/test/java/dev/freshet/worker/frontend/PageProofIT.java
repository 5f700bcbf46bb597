package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.freshet.catalog.FrontEnd;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageProofIT {
    private static final Duration RENDER = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final FrontEnd.Proof META = new FrontEnd.Proof.Meta("freshet-version");

    private final Map<String, String> pages = new ConcurrentHashMap<>();
    private final Map<String, Map<String, String>> headers = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> visits = new ConcurrentHashMap<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
    private final RedisServer redis =
            new RedisServer("queue", TestServices.shared().queueUrl(), Duration.ofSeconds(5));
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<String> proven = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private Instance instance;
    private Owed owed;
    private Prover prover;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
        var address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api/revalidate");
        instance = new Instance("site", address, List.of("s"));
        var frontEnd = new FrontEnd("site", FrontEnd.Type.NEXTJS, List.of(address), List.of("s"));
        owed = new Owed(redis, TestServices.shared().newPrefix(), List.of(frontEnd), RENDER, Owed.MOST_OWED);

        var options = CallerOptions.defaults();
        prover = new Prover(
                owed.proofs(),
                new PageProof(
                        new Exchange(client, threads, new Reach(InetAddress::getAllByName, false)), META, PATIENCE),
                instance,
                new Pacing(options, new Random(1)),
                options,
                metrics,
                due -> proven.add(due.name()),
                () -> {});
        owed.join("site", List.of(instance));
        tell(); // everything, twice
        owed.moveClock(RENDER);
        tell();
    }

    @AfterEach
    void stop() {
        end.countDown();
        server.stop(0);
        client.shutdownNow();
        threads.shutdownNow();
        redis.close();
    }

    @Test
    void aPageThatIsFreshIsProvenAfterBothPasses() throws Exception {
        page("/a", "7");
        record("/a", "7");
        assertThat(tell()).containsExactly("/a");
        prover.runOnce();
        assertThat(proven).containsExactly("/a");
        owed.moveClock(RENDER);
        assertThat(tell()).containsExactly("/a");
        prover.runOnce();
        assertThat(visits("/a")).isEqualTo(2);
        assertThat(proven).as("only the first time").hasSize(1);
        assertThat(stillOwed()).isZero();
        assertThat(faults()).isEmpty();
    }

    @Test
    void aPageThatIsOldIsToldAgainUntilItIsFresh() throws Exception {
        page("/a", "6");
        record("/a", "7");
        tell();
        prover.runOnce();
        page("/a", "7");
        owed.moveClock(Duration.ofSeconds(1)); // the first backoff is half a second at most
        assertThat(tell()).containsExactly("/a");
        prover.runOnce();
        assertThat(proven).containsExactly("/a");
        assertThat(count("old")).isEqualTo(1);
        assertThat(count("fresh")).isEqualTo(1);
        owed.moveClock(RENDER);
        assertThat(tell()).as("a render may be under way that began before").containsExactly("/a");
        assertThat(stillOwed()).isZero();
    }

    @Test
    void aPageThatIsOldAfterItsSecondPassIsOwedAgain() throws Exception {
        page("/a", "7");
        record("/a", "7");
        tell();
        prover.runOnce();
        page("/a", "6"); // a render that had read old data ended only now
        owed.moveClock(RENDER);
        tell();
        assertThat(stillOwed()).isZero();
        prover.runOnce();
        assertThat(stillOwed()).isEqualTo(1);
        page("/a", "7");
        owed.moveClock(Duration.ofSeconds(1));
        assertThat(tell()).containsExactly("/a");
        prover.runOnce();
        assertThat(proven).containsExactly("/a", "/a");
    }

    @Test
    void aPageThatStaysOldIsAFaultAndTriedSeldomAndHoldsNobodyUp() throws Exception {
        page("/a", "6");
        record("/a", "7");
        for (int i = 0; i < 5; i++) {
            assertThat(faults()).isEmpty();
            assertThat(tell()).containsExactly("/a");
            prover.runOnce();
            owed.moveClock(Duration.ofSeconds(16)); // the longest backoff is 15 s
        }
        assertThat(faults()).containsExactly("/a is 6, must be 7");
        settle();
        int before = visits("/a");
        for (int i = 0; i < 3; i++) {
            page("/b" + i, "1");
            record("/b" + i, "1");
            assertThat(tell()).contains("/b" + i);
            prover.runOnce();
            assertThat(proven).endsWith("/b" + i);
        }
        assertThat(visits("/a")).as("left alone meanwhile").isEqualTo(before);

        page("/a", "7");
        owed.moveClock(Duration.ofMinutes(2));
        assertThat(tell()).contains("/a");
        prover.runOnce();
        assertThat(proven).contains("/a");
        assertThat(faults()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"6, 22", "blue, 5"})
    void aPageThatCannotBeMendedIsLetGo(String seen, int looks) throws Exception {
        page("/a", seen);
        record("/a", "7");
        for (int i = 0; i < looks; i++) {
            assertThat(tell()).containsExactly("/a");
            prover.runOnce();
            owed.moveClock(Duration.ofMinutes(65));
        }
        tell(); // the second call, where it is left to do
        prover.runOnce();
        owed.moveClock(Duration.ofHours(2));
        assertThat(tell()).isEmpty();
        assertThat(stillOwed()).isZero();
        assertThat(faults()).containsExactly("/a is " + seen + ", must be 7");
    }

    @Test
    void aNewerChangeCountsInsteadOfTheOneThatWasToBeProven() throws Exception {
        page("/a", "7");
        record("/a", "7");
        tell();
        record("/a", "8");
        prover.runOnce();
        assertThat(visits("/a")).as("the call for 7 says enough about 7").isEqualTo(1);
        tell();
        prover.runOnce();
        assertThat(count("old")).isEqualTo(1);
    }

    @Test
    void aPageThatNobodyCanReadIsLookedAtAgainAndThenLetGo() throws Exception {
        record("/gone", "7");
        tell();
        for (int i = 0; i < 5; i++) {
            assertThat(faults()).isEmpty();
            prover.runOnce();
            owed.moveClock(Duration.ofSeconds(16));
        }
        assertThat(faults()).containsExactly("/gone answered 404");
        assertThat(count("unreadable")).isEqualTo(5);
        prover.runOnce();
        assertThat(visits("/gone")).isEqualTo(5);

        page("/a", "1");
        record("/a", "1");
        tell();
        prover.runOnce();
        assertThat(faults()).as("others can be read").isEmpty();
    }

    @Test
    void moreThanOneLookTakesAreLookedAtLater() throws Exception {
        for (int i = 0; i < 25; i++) {
            page("/" + i, "1");
            record("/" + i, "1");
        }
        tell();
        assertThat(prover.runOnce()).isZero();
        assertThat(proven).hasSize(20);
        prover.runOnce();
        assertThat(proven).hasSize(25).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "7, 7, FRESH",
        "8, 7, FRESH",
        "10, 9, FRESH",
        "6, 7, OLD",
        "2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z, FRESH",
        "2026-01-01T01:00:00+01:00, 2026-01-01T00:00:00Z, FRESH",
        "1767225600000000, 2026-01-01T00:00:00Z, FRESH",
        "2026-01-01T00:00:00Z, 2026-01-01T00:00:00.000001Z, OLD",
        "blue, blue, FRESH",
        "blue, green, OLD",
        "blue, 7, OLD",
    })
    void versionsAreNumbersInstantsOrTexts(String seen, String expected, String outcome) throws Exception {
        page("/a", seen);
        assertThat(outcome(look(META, "/a", expected))).isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <meta name="freshet-version" content="7"/>
            <META content='7' data-x="1" name='freshet-version'>
            <meta name="other" content="1"><meta name=freshet-version content=7>
            <meta property="og:title" content="a > b"><meta name="freshet-version" content="7">
            """)
    void aMetaElementIsFoundHoweverItIsWritten(String html) throws Exception {
        pages.put("/a", "<html><head>" + html + "</head></html>");
        assertThat(outcome(look(META, "/a", "7"))).isEqualTo("FRESH");
    }

    @Test
    void aTextIsUnescaped() throws Exception {
        pages.put("/a", "<meta name=\"freshet-version\" content=\"a&amp;b&#x27;c\">");
        assertThat(outcome(look(META, "/a", "a&b'c"))).isEqualTo("FRESH");
    }

    @Test
    void aHeaderWillDo() throws Exception {
        pages.put("/a", "");
        headers.put("/a", Map.of("X-Version", "7"));
        var proof = new FrontEnd.Proof.Header("x-version");
        assertThat(outcome(look(proof, "/a", "7"))).isEqualTo("FRESH");
        assertThat(outcome(look(proof, "/a", "8"))).isEqualTo("OLD");
        assertThat(look(new FrontEnd.Proof.Header("X-Other"), "/a", "7"))
                .isEqualTo(new PageProof.Look.Unreadable("has no header X-Other"));
    }

    @Test
    void aPageWithoutAVersionIsUnreadable() throws Exception {
        pages.put("/a", "<meta name=\"freshet-version\" content=\" \"><p>freshet-version 7</p>");
        assertThat(look(META, "/a", "7"))
                .isEqualTo(new PageProof.Look.Unreadable("has no meta element freshet-version"));
    }

    @Test
    void ofAHugePageOnlyTheBeginningIsRead() throws Exception {
        pages.put("/a", "<meta name=\"freshet-version\" content=\"7\">" + "x".repeat(5_000_000));
        assertThat(outcome(look(META, "/a", "7"))).isEqualTo("FRESH");
        pages.put("/b", "<".repeat(5_000_000) + "<meta name=\"freshet-version\" content=\"7\">");
        assertThat(outcome(look(META, "/b", "7"))).isEqualTo("UNREADABLE");
    }

    @Test
    void aPageThatDoesNotEndIsUnreadable() throws Exception {
        pages.put("/a", "hang");
        var hasty = new PageProof(
                new Exchange(client, threads, new Reach(InetAddress::getAllByName, false)),
                META,
                Duration.ofMillis(200));
        assertThat(outcome(hasty.look(instance, "/a", new Version("7")))).isEqualTo("UNREADABLE");
    }

    @Test
    void redirectsAreFollowedOnTheSameHostOnly() throws Exception {
        page("/a/", "7");
        headers.put("/a", Map.of("Location", "/a/"));
        headers.put("/b", Map.of("Location", "/a"));
        headers.put("/c", Map.of("Location", "/b"));
        headers.put("/d", Map.of("Location", "http://127.0.0.2/"));
        assertThat(outcome(look(META, "/a", "7"))).isEqualTo("FRESH");
        assertThat(outcome(look(META, "/b", "7"))).isEqualTo("FRESH");
        assertThat(look(META, "/c", "7")).isEqualTo(new PageProof.Look.Unreadable("redirects more than 2 times"));
        assertThat(look(META, "/d", "7")).isEqualTo(new PageProof.Look.Unreadable("redirects to another host"));
    }

    @ParameterizedTest
    @CsvSource({"/é b, /é b", "/%C3%A9%20b, /é b", "/100%, /100%", "/jane@example.com, /jane@example.com"})
    void aPathMayBeEncodedOrNot(String path, String page) throws Exception {
        page(page, "7");
        assertThat(outcome(look(META, path, "7"))).isEqualTo("FRESH");
    }

    @Test
    void pagesAreBelowTheBasePathOfTheApplication() throws Exception {
        page("/base/a", "7");
        instance = new Instance("site", instance.address().resolve("/base/api/revalidate/"), List.of("s"));
        assertThat(outcome(look(META, "/a", "7"))).isEqualTo("FRESH");
    }

    @Test
    void aPageThatIsFoundOldBeforeItsCallIsTakenAsConfirmedIsToldAgain() throws Exception {
        page("/a", "6");
        record("/a", "7");
        tell();
        owed.moveClock(RENDER);
        var turn = (Turn.Mine) owed.take(instance, Duration.ofSeconds(30), 5_000, Duration.ZERO);
        assertThat(turn.isSecondPass()).isTrue();
        prover.confirmed(turn.due());
        prover.runOnce(); // in another process, say
        assertThat(owed.confirm(instance, turn, Duration.ZERO, Duration.ZERO)).isEqualTo(1);
        owed.moveClock(Duration.ofSeconds(16));
        assertThat(tell()).containsExactly("/a");
    }

    @Test
    void whatALookCameToCountsOnceThoughItIsSaidTwice() {
        page("/a", "6");
        record("/a", "7");
        tell();
        var proof =
                owed.proofs().take(instance, Duration.ofMinutes(1), 1).proofs().getFirst();
        for (int i = 0; i < 2; i++) {
            owed.proofs().looked(instance, proof, Proofs.Outcome.OLD, Duration.ZERO, "/a is 6, must be 7");
        }
        var turn = (Turn.Mine) owed.take(instance, Duration.ofSeconds(30), 5_000, Duration.ZERO);
        assertThat(turn.due()).singleElement().satisfies(due -> {
            assertThat(due.value()).startsWith("4 "); // everything twice, the change, and this
            assertThat(due.isSecondPass()).isFalse();
        });
    }

    @Test
    void aPathLeadsToNoOtherHost() throws Exception {
        assertThat(look(META, "@127.0.0.2/", "7"))
                .isEqualTo(new PageProof.Look.Unreadable("is no path, since it does not begin with /"));
        assertThat(look(META, "//127.0.0.2/", "7")).isEqualTo(new PageProof.Look.Unreadable("answered 404"));
    }

    private PageProof.Look look(FrontEnd.Proof proof, String path, String expected) throws InterruptedException {
        return new PageProof(
                        new Exchange(client, threads, new Reach(InetAddress::getAllByName, false)), proof, PATIENCE)
                .look(instance, path, new Version(expected));
    }

    private static String outcome(PageProof.Look look) {
        return look.getClass().getSimpleName().toUpperCase(java.util.Locale.ROOT);
    }

    private void page(String path, String version) {
        pages.put(path, "<html><head><meta name=\"freshet-version\" content=\"" + version + "\"/></head></html>");
    }

    private void record(String path, String version) {
        owed.record(List.of(Change.of(path, Instant.now(), Optional.of(new Version(version)))));
    }

    /** Takes what is due as a caller would, and confirms it. @return its paths */
    private List<String> tell() {
        if (owed.take(instance, Duration.ofSeconds(30), 5_000, Duration.ZERO) instanceof Turn.Mine turn) {
            prover.confirmed(turn.due());
            owed.confirm(instance, turn, Duration.ZERO, Duration.ZERO);
            return turn.due().stream().map(Turn.Due::name).toList();
        }
        return List.of();
    }

    /** Until what is told again is due only in a minute. */
    private void settle() throws InterruptedException {
        while (!tell().isEmpty()) {
            prover.runOnce();
            owed.moveClock(Duration.ofSeconds(6));
        }
    }

    private int stillOwed() {
        return owed.status().getFirst().owed();
    }

    private List<String> faults() {
        return owed.proofs().faults("site", instance.name(), 10);
    }

    private int visits(String path) {
        var count = visits.get(path);
        return count == null ? 0 : count.get();
    }

    private double count(String outcome) {
        var counter =
                metrics.find("freshet_proofs_total").tag("outcome", outcome).counter();
        return counter == null ? 0 : counter.count();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            visits.computeIfAbsent(path, any -> new AtomicInteger()).incrementAndGet();
            headers.getOrDefault(path, Map.of()).forEach(exchange.getResponseHeaders()::set);
            var page = pages.get(path);
            boolean isElsewhere = exchange.getResponseHeaders().containsKey("Location");
            var body = (page == null ? "" : page).getBytes(UTF_8);
            exchange.sendResponseHeaders(isElsewhere ? 308 : page == null ? 404 : 200, 0);
            exchange.getResponseBody().write(body);
            if ("hang".equals(page)) {
                exchange.getResponseBody().flush();
                end.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
