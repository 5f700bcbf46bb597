package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.model.Sha256;
import dev.freshet.queue.Claim;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.LoggerFactory;

/**
 * The whole service in this process against {@link MutatedRequests}, through the web server's own parser, with nothing but
 * the socket left out. Whatever comes, no answer may be a 5xx, be broken or tell of the inside, nothing may be logged as an
 * error or with what was sent, nothing may grow, and in the queue lies nothing but what was signed.
 */
public final class Fuzz implements AutoCloseable {
    private static final int TOGETHER = 64;
    private static final int ROUND = 20_000;
    private static final int MAX_FINDINGS = 20;
    /** Of the web server at the most; it starts them as it needs them. */
    private static final int THREADS = 32;

    private static final long MAX_GROWTH = 24L << 20;
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern INSIDE = Pattern.compile(
            "(?i)jetty|javalin|exception|lettuce|jackson|\tat |dev\\.freshet|java\\.|leaked.person@|fuzz-(site|app)-secret|whsec_");
    private static final Pattern SIGNATURE = Pattern.compile("[0-9a-f]{64}|[A-Za-z0-9+/]{43}=");
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) [^\\r]*");

    private final EmbeddedRedis redis = EmbeddedRedis.start(0, "appendonly no", "maxmemory-policy noeviction");
    private final RedisServer server = new RedisServer("fuzz", redis.url(), Duration.ofSeconds(10));
    private final RedisClient client = RedisClient.create(RedisURI.create(redis.url()));
    private final QueueOptions options = QueueOptions.defaults("fuzz");
    private final LogWatch logs = new LogWatch();
    private final Ingest ingest;
    private final LocalConnector connector;

    private final Map<String, LongAdder> byStatus = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> byOutcome = new ConcurrentSkipListMap<>();
    private final Collection<String> findings = new ConcurrentLinkedQueue<>();
    private final LongAdder failures = new LongAdder();
    private final LongAdder requests = new LongAdder();
    private final LongAdder silent = new LongAdder();
    private final LongAdder queued = new LongAdder();
    private final Set<String> sites = new ConcurrentSkipListSet<>();

    /** What a run came to; without findings it is as it should be. */
    public record Result(Map<String, Object> figures, List<String> findings) {}

    private Fuzz() throws Exception {
        var catalog = Files.writeString(Files.createTempFile("fuzz", ".yaml"), MutatedRequests.CATALOG);
        try {
            ingest = Ingest.start(new Settings(settings(catalog)));
        } finally {
            Files.delete(catalog);
        }
        var jetty = ingest.jetty();
        var http = ((ServerConnector) jetty.getConnectors()[0])
                .getConnectionFactory(HttpConnectionFactory.class)
                .getHttpConfiguration();
        connector = new LocalConnector(jetty, new HttpConnectionFactory(http));
        connector.addBean(((ServerConnector) jetty.getConnectors()[0]).getBean(Bounds.class), false);
        jetty.addConnector(connector);
        connector.start();
    }

    private Map<String, String> settings(Path catalog) {
        return Map.of(
                "INGEST_PORT", "0",
                "INGEST_PATIENCE", "10s",
                "INGEST_THREADS", String.valueOf(THREADS),
                "CATALOG", catalog.toString(),
                "RATE_LIMIT_REFUSED_REQUESTS", "0",
                "TRUSTED_PROXIES", "0.0.0.0/0",
                "EVENT_WAIT", "1ms",
                "REDIS_TIMEOUT", "30s",
                "REDIS_QUEUE_URL", redis.url().toString(),
                "REDIS_KEY_PREFIX", "fuzz");
    }

    /**
     * @param connections how many to open, most of them for one request
     * @param seed the same gives the same requests, up to the time that signatures carry
     * @param progress is told now and then how many were sent
     */
    public static Result run(int connections, long seed, LongConsumer progress) throws Exception {
        try (var fuzz = new Fuzz()) {
            return fuzz.runAll(connections, seed, progress);
        }
    }

    private Result runAll(int connections, long seed, LongConsumer progress) throws Exception {
        int warmUp = Math.min(ROUND, Math.max(2_000, connections / 10));
        round(warmUp, seed, -1);
        long before = heap();
        int threadsBefore = Thread.activeCount();
        long start = System.nanoTime();
        int left = connections - warmUp;
        for (int round = 0; left > 0 && failures.sum() < 1_000; round++) {
            round(Math.min(ROUND, left), seed, round);
            left -= ROUND;
            progress.accept(requests.sum());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long after = heap();
        requireCalm(before, after, threadsBefore);
        logs.findings().forEach(this::found);
        var figures = new TreeMap<String, Object>();
        figures.put("seed", seed);
        figures.put("requests", requests.sum());
        figures.put("seconds", Math.round(seconds * 10) / 10.0);
        figures.put("status", sums(byStatus));
        figures.put("outcome", sums(byOutcome));
        figures.put("unanswered", silent.sum());
        figures.put("queued", queued.sum());
        figures.put("sites", sites);
        figures.put("logLines", logs.lines());
        figures.put("errorsLogged", logs.errors());
        figures.put("heapBeforeMiB", before >> 20);
        figures.put("heapAfterMiB", after >> 20);
        figures.put("threadsBefore", threadsBefore);
        figures.put("threadsAfter", Thread.activeCount());
        figures.put("findings", failures.sum());
        return new Result(figures, List.copyOf(findings));
    }

    private static Map<String, Long> sums(Map<String, LongAdder> counts) {
        var sums = new TreeMap<String, Long>();
        counts.forEach((name, count) -> sums.put(name, count.sum()));
        return sums;
    }

    /** Sends some, many at a time, and then looks at what is in the queue. */
    private void round(int connections, long seed, int round) throws InterruptedException {
        Set<String> entitled = ConcurrentHashMap.newKeySet();
        var senders = new ArrayList<Thread>();
        for (int i = 0; i < TOGETHER; i++) {
            int share = connections / TOGETHER + (i < connections % TOGETHER ? 1 : 0);
            long own = seed * 1_000_003 + (round + 1L) * TOGETHER + i;
            long first = (round + 1L) * 1_000_000_000L + i * 10_000_000L;
            senders.add(Thread.ofVirtual().start(() -> {
                var requestsOfOne = new MutatedRequests(new Random(own), first);
                for (int n = 0; n < share; n++) {
                    exchange(requestsOfOne.next(), entitled);
                }
            }));
        }
        for (var sender : senders) {
            sender.join();
        }
        lookIntoTheQueue(entitled);
    }

    private void exchange(MutatedRequests.Sent sent, Set<String> entitled) {
        sent.mayBeQueued().forEach(body -> entitled.add(Sha256.hex(body)));
        requests.add(sent.requests());
        try {
            var end = connector.connect();
            end.addInput(ByteBuffer.wrap(sent.bytes()));
            end.addInputEOF();
            end.waitUntilClosedOrIdleFor(60, TimeUnit.SECONDS);
            if (end.isOpen()) {
                found("a connection stays open after " + shown(sent.bytes()));
                end.close();
            }
            var output = end.takeOutput();
            var bytes = new byte[output == null ? 0 : output.remaining()];
            if (output != null) {
                output.get(bytes);
            }
            check(sent, bytes);
        } catch (Exception e) {
            found(e + " after " + shown(sent.bytes()));
        }
    }

    private void check(MutatedRequests.Sent sent, byte[] output) {
        var text = new String(output, ISO_8859_1);
        if (text.isEmpty()) {
            silent.increment();
        }
        if (INSIDE.matcher(new String(output, UTF_8)).find() && !text.contains("# HELP")) {
            found("tells of the inside: " + shown(output) + " to " + shown(sent.bytes()));
        }
        boolean toHead = new String(sent.bytes(), ISO_8859_1).contains("HEAD");
        for (int at = 0; at < text.length(); ) {
            at = answer(sent, text, at, toHead);
        }
    }

    /** @return where the next answer begins */
    private int answer(MutatedRequests.Sent sent, String text, int at, boolean toHead) {
        int end = text.indexOf("\r\n\r\n", at);
        var head = end < 0 ? text.substring(at) : text.substring(at, end);
        var lines = head.split("\r\n", -1);
        var status = STATUS.matcher(lines[0]);
        if (end < 0 || !status.matches()) {
            found("no HTTP: " + shown(text.getBytes(ISO_8859_1)) + " to " + shown(sent.bytes()));
            return text.length();
        }
        int code = Integer.parseInt(status.group(1));
        byStatus.computeIfAbsent(status.group(1), any -> new LongAdder()).increment();
        if (code >= 500) {
            found(lines[0] + " to " + shown(sent.bytes()));
        }
        int from = end + 4;
        if (code < 200 || code == 304 || code == 204) {
            return from;
        }
        var headers = head.toLowerCase(java.util.Locale.ROOT);
        if (!headers.contains("x-content-type-options: nosniff") || headers.contains("\r\nserver:")) {
            found("headers " + shown(head.getBytes(ISO_8859_1)) + " to " + shown(sent.bytes()));
        }
        var length = Pattern.compile("content-length: (\\d+)").matcher(headers);
        int to = length.find() ? from + Integer.parseInt(length.group(1)) : text.length();
        boolean left = toHead && (text.length() < to || text.startsWith("HTTP/1.1 ", from));
        if (left) {
            return from;
        }
        if (to > text.length()) {
            found("cut short: " + shown(text.getBytes(ISO_8859_1)) + " to " + shown(sent.bytes()));
            return text.length();
        }
        if (headers.contains("application/json")) {
            outcome(sent, code, text.substring(from, to));
        } else if (!headers.contains("text/plain; version=0.0.4")) {
            found("no JSON: " + shown(text.getBytes(ISO_8859_1)) + " to " + shown(sent.bytes()));
        }
        return to;
    }

    private void outcome(MutatedRequests.Sent sent, int code, String body) {
        try {
            var json = JSON.readTree(body.getBytes(ISO_8859_1));
            var word = json.path(code < 400 ? "status" : "error").asText();
            byOutcome.computeIfAbsent(word, any -> new LongAdder()).increment();
            boolean taken = Set.of("accepted", "duplicate", "dead").contains(word);
            if (taken && sent.refused()) {
                found("a forged request was " + word + ": " + shown(sent.bytes()));
            }
            if (word.isEmpty() || (code >= 400 && json.path("message").asText().isEmpty())) {
                found("says nothing: " + body);
            }
        } catch (IOException e) {
            found("broken JSON: " + body);
        }
    }

    /** Every job in it, and every dead letter, is a body that was signed; then all is forgotten. */
    private void lookIntoTheQueue(Set<String> entitled) {
        var queue = new JobQueue(server, options);
        var jobs = new AtomicLong();
        while (queue.claim(500, Duration.ofMinutes(1)) instanceof Claim claim) {
            claim.jobs().forEach(job -> {
                jobs.incrementAndGet();
                sites.add(job.site());
                if (!entitled.contains(Sha256.hex(job.body()))) {
                    found("unsigned in the queue: " + shown(job.body()));
                }
            });
            queue.settle(claim, List.of(), Map.of());
        }
        var dead = new DeadLetters(server, options);
        for (int offset = 0; ; offset += 500) {
            var letters = dead.list(DeadFilter.all(), offset, 500);
            letters.forEach(letter -> {
                jobs.incrementAndGet();
                if (!entitled.contains(Sha256.hex(letter.job().body()))) {
                    found("unsigned among the dead letters: "
                            + shown(letter.job().body()));
                }
            });
            if (letters.isEmpty()) {
                break;
            }
        }
        if (queue.status().count("accepted") != jobs.get()) {
            found("accepted " + queue.status().count("accepted") + " but found " + jobs);
        }
        queued.add(jobs.get());
        try (var connection = client.connect()) {
            connection.sync().flushall();
        }
    }

    private void requireCalm(long heapBefore, long heapAfter, int threadsBefore) {
        if (heapAfter - heapBefore > MAX_GROWTH) {
            found("the heap grew from " + (heapBefore >> 20) + " to " + (heapAfter >> 20) + " MiB");
        }
        if (Thread.activeCount() > threadsBefore + THREADS) {
            found("threads grew from " + threadsBefore + " to " + Thread.activeCount());
        }
        try {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> connector.getConnectedEndPoints().isEmpty() && ingest.requestsUnderWay() == 0);
        } catch (ConditionTimeoutException e) {
            found(connector.getConnectedEndPoints().size() + " connections are open and " + ingest.requestsUnderWay()
                    + " requests under way at the end");
        }
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private void found(String what) {
        failures.increment();
        if (findings.size() < MAX_FINDINGS) {
            findings.add(what);
        }
    }

    private static String shown(byte[] bytes) {
        var text = new String(bytes, 0, Math.min(bytes.length, 1_500), ISO_8859_1)
                .replace("\r", "\\r")
                .replace("\n", "\\n");
        return text.chars().allMatch(c -> c >= ' ' && c < 127)
                ? text
                : text.chars()
                        .mapToObj(c -> c >= ' ' && c < 127
                                ? String.valueOf((char) c)
                                : "\\x" + HexFormat.of().toHexDigits((byte) c))
                        .collect(java.util.stream.Collectors.joining());
    }

    @Override
    public void close() throws IOException {
        logs.close();
        ingest.close();
        client.shutdown();
        server.close();
        redis.close();
    }

    /** Takes the place of all other logs while it is open. */
    private static final class LogWatch extends AppenderBase<ILoggingEvent> implements AutoCloseable {
        private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        private final List<Appender<ILoggingEvent>> others = new ArrayList<>();
        private final Level level = root.getLevel();
        private final LongAdder lines = new LongAdder();
        private final LongAdder errors = new LongAdder();
        private final Collection<String> findings = new ConcurrentLinkedQueue<>();

        LogWatch() {
            root.iteratorForAppenders().forEachRemaining(others::add);
            others.forEach(root::detachAppender);
            setContext(root.getLoggerContext());
            root.setLevel(Level.INFO);
            start();
            root.addAppender(this);
        }

        @Override
        protected void append(ILoggingEvent event) {
            lines.increment();
            var line = event.getFormattedMessage();
            if (event.getThrowableProxy() != null) {
                line += " " + ThrowableProxyUtil.asString(event.getThrowableProxy());
            }
            boolean error = event.getLevel().isGreaterOrEqual(Level.ERROR);
            if (error) {
                errors.increment();
            }
            boolean leaks = line.contains(MutatedRequests.MARK)
                    || MutatedRequests.SECRETS.stream().anyMatch(line::contains)
                    || SIGNATURE.matcher(line).find();
            boolean control = event.getFormattedMessage().chars().anyMatch(c -> c < ' ');
            if ((error || leaks || control) && findings.size() < MAX_FINDINGS) {
                findings.add(
                        "logged " + event.getLevel() + " " + event.getLoggerName() + " " + shown(line.getBytes(UTF_8)));
            }
        }

        long lines() {
            return lines.sum();
        }

        long errors() {
            return errors.sum();
        }

        Collection<String> findings() {
            return findings;
        }

        @Override
        public void close() {
            root.detachAppender(this);
            root.setLevel(level);
            others.forEach(root::addAppender);
        }
    }
}
