package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Entry;
import dev.freshet.cache.TagCache;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Asked;
import dev.freshet.catalog.Story.Read;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.queue.JobQueue;
import dev.freshet.queue.QueueOptions;
import dev.freshet.queue.QueueStatus;
import dev.freshet.redis.RedisServer;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.Settings;
import dev.freshet.worker.frontend.Owed;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A stage as its users, its senders and its tests meet it: over HTTP, by SQL that nobody tells of, and with a look at
 * what is cached, queued and not yet told.
 */
public final class App implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final Stage stage;
    private final Catalog catalog;
    private final Sender sender;
    private final RedisServer queueServer;
    private final RedisServer cacheServer;
    private final JobQueue queue;
    private final TagCache cache;
    private final Owed owed;
    private final Database database;

    /** @param stage is not closed with it */
    public App(Stage stage) {
        this.stage = stage;
        catalog = stage.catalog();
        sender = new Sender(stage);
        var addresses = Addresses.from(new Settings(stage.environment()));
        queueServer = new RedisServer("queue", addresses.queue(), DEADLINE);
        cacheServer = new RedisServer("cache", addresses.cache(), DEADLINE);
        queue = new JobQueue(queueServer, QueueOptions.defaults(addresses.prefix()));
        cache = new TagCache(cacheServer, CacheOptions.defaults(addresses.prefix()));
        var frontEnds = catalog.frontEnds().values();
        owed = new Owed(queueServer, addresses.prefix(), frontEnds, Owed.LONGEST_RENDER, Owed.MOST_OWED);
        database = new Database(stage.database(), DatabaseOptions.DEFAULTS.withPoolSize(1));
    }

    @Override
    public void close() {
        sender.close();
        queueServer.close();
        cacheServer.close();
        database.close();
    }

    public Stage stage() {
        return stage;
    }

    public Catalog catalog() {
        return catalog;
    }

    /** The cache of its processes. */
    public TagCache cache() {
        return cache;
    }

    public RedisServer cacheServer() {
        return cacheServer;
    }

    /** The queue's Redis. */
    RedisServer queueServer() {
        return queueServer;
    }

    // --- what is done ------------------------------------------------------------------------------------------------

    public HttpResponse<String> get(Read read) {
        return sender.get(read);
    }

    /** Without a token. */
    public HttpResponse<String> get(String path) {
        return get(new Read(path, Optional.empty()));
    }

    public HttpResponse<String> get(String path, Reader as) {
        return get(new Read(path, Optional.of(as)));
    }

    public HttpResponse<String> send(Act.Webhook webhook) {
        return sender.send(sender.request(webhook, Instant.now()));
    }

    public HttpResponse<String> send(Act.Event event) {
        return sender.send(sender.request(event, Instant.now()));
    }

    public HttpResponse<String> send(Act.Write write) {
        return sender.send(sender.request(write, Instant.now()));
    }

    /** What somebody with a token reads; to be sent with headers of one's own. */
    public HttpRequest.Builder request(String path, Reader as) {
        return sender.request(new Read(path, Optional.of(as)));
    }

    /** @param route of an event, such as {@code PUT /api/courses} */
    public HttpResponse<String> write(String route, String payload) {
        var rule = catalog.events().values().stream()
                .filter(event ->
                        event.route() != null && event.route().toString().equals(route))
                .findFirst()
                .orElseThrow();
        var site = Objects.requireNonNull(catalog.sites().get("app"));
        return send(new Act.Write(site, Objects.requireNonNull(rule.route()), payload));
    }

    /**
     * A request about sessions, as one of the application's servers sends it.
     *
     * @param token of the session; empty where there is none yet
     */
    public HttpResponse<String> session(String method, String path, String token, String body) {
        var request = HttpRequest.newBuilder(stage.reads(path))
                .method(method, BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + stage.setting("SESSION_TOKENS"));
        return send(token.isEmpty() ? request : request.header("X-Session", token));
    }

    /** What this reader sends as a token; good for an hour. */
    public String token(Reader reader) {
        return sender.token(reader);
    }

    /** Any other request; the deadline is set here. */
    public HttpResponse<String> send(HttpRequest.Builder request) {
        return sender.send(request);
    }

    /** Runs statements as somebody who knows nothing of Freshet. */
    public void sql(String text) {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute(text);
        } catch (SQLException e) {
            throw new IllegalStateException("the SQL fails: " + text, e);
        }
    }

    // --- what came of it ---------------------------------------------------------------------------------------------

    /** What an answer says of the cache, such as {@code HIT}. */
    public static String outcome(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache").orElse("status " + answer.statusCode());
    }

    /** The value that a read is about. */
    public Asked ask(Read read) {
        return Story.ask(catalog, read).orElseThrow();
    }

    /**
     * What is cached of a read: another text when it was loaded again. A leaderboard moves without being loaded, so of it
     * the text is what it says.
     */
    public String state(Read read) {
        var asked = ask(read);
        return asked.view().source() instanceof Source.Board
                ? get(read).body()
                : loadedAt(asked).map(Instant::toString).orElse("");
    }

    /** When what is cached now was loaded; empty when nothing is. */
    public Optional<Instant> loadedAt(Asked asked) {
        return entry(asked).map(Entry::loadedAt);
    }

    /** What is cached now, though its ttl may be over; empty when nothing is. */
    public Optional<Entry> entry(Asked asked) {
        return cache.read(asked.key(), asked.view().tags(asked.values()));
    }

    /**
     * The reads of which something is cached that is not what a process without a cache answers, each with the one and the
     * other. To be asked when nothing is under way.
     *
     * @param reads by name
     */
    public List<String> stale(Map<String, Read> reads) {
        var stale = new ArrayList<String>();
        reads.forEach((name, read) -> cached(read).ifPresent(cached -> {
            var loaded = sender.load(read).body();
            if (!cached.equals(loaded)) {
                stale.add(name + " is cached as " + cached + ", and is " + loaded);
            }
        }));
        return stale;
    }

    /** What readers get without a load; a leaderboard is read, since its parts are its own. */
    private Optional<String> cached(Read read) {
        var asked = ask(read);
        return asked.view().source() instanceof Source.Board
                ? Optional.of(get(read).body())
                : entry(asked).map(entry -> new String(entry.content(), UTF_8));
    }

    public QueueStatus queue() {
        return queue.status();
    }

    /** Whether nothing is under way: no delivery, no change that was captured, and nothing that a front end must be told. */
    public boolean isQuiet() {
        return queueServer.isConnected()
                && captured() == 0
                && queue().inFlight() == 0
                && owed.status().stream().allMatch(status -> status.owed() == 0);
    }

    /** How many changes were written down that no worker has taken up yet. */
    public int captured() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("select count(*) from freshet.outbox")
                        .mapTo(Integer.class)
                        .one());
    }
}
