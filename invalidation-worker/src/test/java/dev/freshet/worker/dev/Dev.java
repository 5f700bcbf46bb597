package dev.freshet.worker.dev;

import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Site;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Try;
import dev.freshet.settings.Durations;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code freshet dev}: everything on embedded services until Ctrl-C, with something to paste. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Dev {
    private static final int INGEST_PORT = 8080;
    private static final int SERVE_PORT = 8082;
    private static final int DASHBOARD_PORT = 3001;

    /** What the processes take from the caller: not where anything is, nor the sample application's secrets. */
    private static final Pattern PASSED_ON = Pattern.compile(
            "(ADMIN|RATE_LIMIT|TRUSTED|CACHE_TTL|TARGET|INGEST|EVENT|SERVE|WORKER|CALLBACK|CAPTURE|QUEUE"
                    + "|SEEN|SPILL|DELIVERIES|DEAD)_(?!HOST$|PORT$|LISTEN_URL$).+|SESSION_TTL");

    private Dev() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.setProperty("logback.configurationFile", "dev-logback.xml");
        Ending.isQuiet();
        try {
            run(Story.read(catalog(arguments)), new Settings(System.getenv()));
        } catch (CatalogException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** @return what {@code --catalog} names, else the first catalog that comes with Freshet */
    static String catalog(String[] arguments) {
        var words = List.of(arguments);
        if (words.isEmpty()) {
            return CatalogReader.names().getFirst();
        }
        if (words.size() == 2 && words.getFirst().equals("--catalog")) {
            return words.getLast();
        }
        throw new IllegalArgumentException("say nothing, or --catalog and a file, a folder with a catalog.yaml, or one "
                + "that comes with Freshet: " + String.join(", ", CatalogReader.names()) + "; was "
                + String.join(" ", words));
    }

    private static void run(Story story, Settings settings) throws InterruptedException {
        var ports = new Stage.Ports(
                port(settings, "INGEST_PORT", INGEST_PORT),
                port(settings, "SERVE_PORT", SERVE_PORT),
                port(settings, "WORKER_PORT", 8081),
                port(settings, "FRONT_END_PORT", 3000));
        var dashboard = URI.create("http://127.0.0.1:" + settings.number("DASHBOARD_PORT", DASHBOARD_PORT, 1, 65_535));
        settings.find("CATALOG")
                .filter(catalog -> !catalog.equals(story.source()))
                .ifPresent(catalog -> System.out.println("CATALOG=" + catalog + " is not used here, but "
                        + story.source() + "; --catalog takes a file, a folder or a name, see docs/stories.md"));
        System.out.println("starting Redis, PostgreSQL and Freshet…");
        var stage = new Stage(
                story,
                ports,
                pages(story).isEmpty() ? List.of() : List.of(dashboard.resolve("/api/revalidate")),
                told -> System.out.println("front end told    " + told),
                passedOn());
        System.out.println(welcome(stage, dashboard));
        new CountDownLatch(1).await();
    }

    private static Map<String, String> passedOn() {
        return System.getenv().entrySet().stream()
                .filter(setting -> isPassedOn(setting.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    static boolean isPassedOn(String setting) {
        return PASSED_ON.matcher(setting).matches();
    }

    /** A port that somebody asked for is that one or none; the usual one gives way. */
    private static int port(Settings settings, String name, int usual) {
        int wanted = settings.number(name, usual, 0, 65_535);
        if (wanted == 0 || isFree(wanted)) {
            return wanted;
        }
        if (settings.find(name).isPresent()) {
            throw new SettingException(name + "=" + wanted + " is taken; set another one, or 0 for any free one");
        }
        int other = EmbeddedRedis.freePort();
        System.out.println("port " + wanted + " is taken, using " + other + " (" + name + ")");
        return other;
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static String pages(Story story) {
        return story.toTry().map(Try::pages).orElse("");
    }

    private static String welcome(Stage stage, URI dashboard) {
        var story = stage.story();
        var lines = new StringBuilder("\nFreshet is running with the catalog of ")
                .append(story.catalog().application())
                .append(".\n\n");
        var reads = story.toTry().map(Try::reads).orElse(List.of());
        list(
                lines,
                "cached reads",
                reads.isEmpty()
                        ? List.of(stage.reads("/views").toString())
                        : reads.stream()
                                .map(read -> stage.reads(read.path()) + story.as(read))
                                .toList());
        var webhooks = webhooks(story);
        list(
                lines,
                "webhooks",
                webhooks.stream().map(path -> stage.ingest(path).toString()).toList());
        if (webhooks.isEmpty()) {
            line(lines, "events", stage.ingest("/events").toString());
        }
        line(lines, "health", stage.ingest("/health/detailed").toString());
        line(lines, "front end", stage.frontEnd().address() + "   (a stand-in: it prints what it is told)");
        if (!pages(story).isEmpty()) {
            line(
                    lines,
                    "pages",
                    dashboard.resolve(pages(story)) + "   (a Next.js application, once a second terminal runs this:)");
            line(lines, "", startOfDashboard(stage, dashboard));
        }
        story.toTry()
                .filter(it -> !it.reads().isEmpty())
                .ifPresent(it -> lines.append("""

                Read a value twice, deliver a change, read it again:

                  %s
                  %s
                %s""".formatted(
                                pasted(stage, new Act.Get(it.reads().getFirst())),
                                pasted(stage, it.change()),
                                later(it.change()))));
        return lines.append("""

                Commands that meet it, such as `./freshet status` or `./freshet send`, need its addresses:

                  export %s

                Ctrl-C ends it and forgets everything.
                """.formatted(exports(stage))).toString();
    }

    private static List<String> webhooks(Story story) {
        return story.catalog().sites().values().stream()
                .filter(site -> !site.isApplication())
                .map(site -> "/webhooks/" + Sender.address(site))
                .toList();
    }

    private static void list(StringBuilder lines, String label, List<String> texts) {
        for (int i = 0; i < texts.size(); i++) {
            line(lines, i == 0 ? label : "", texts.get(i));
        }
    }

    private static void line(StringBuilder lines, String label, String text) {
        lines.append("  %-16s %s%n".formatted(label, text));
    }

    /** What a person pastes in a shell to do it. */
    private static String pasted(Stage stage, Act act) {
        var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        try (var sender = new Sender(stage)) {
            return switch (act) {
                case Act.Webhook webhook -> sender.request(webhook, now).curl();
                case Act.Event event -> sender.request(event, now).curl();
                case Act.Write write -> sender.request(write, now).curl();
                case Act.Sql(var text) ->
                    "psql " + Sender.quoted(stage.database().toString()) + " -c " + Sender.quoted(text.strip());
                case Act.Get(var read) -> sender.curl(read);
                case Act.Put put -> "# replace " + put.file();
                case Act.Chapter chapter -> "";
                case Act.Show show -> "";
                case Act.Outage outage -> "";
            };
        }
    }

    /** What a person should know who pastes it later; a line of its own, since not every shell knows comments. */
    private static String later(Act act) {
        if (act instanceof Act.Webhook webhook) {
            var topic = webhook.topic().isEmpty() ? "" : " --topic " + webhook.topic();
            return later(
                    webhook.site(),
                    "; later: ./freshet send --site " + webhook.site().name() + topic + " FILE");
        }
        if (act instanceof Act.Event event) {
            return later(event.site(), "; later: ./freshet send --wait FILE");
        }
        return act instanceof Act.Write write ? later(write.site(), "") : "";
    }

    private static String later(Site site, String how) {
        var tolerance = Signatures.tolerance(site);
        return tolerance.isZero() ? "" : "  (signed for " + Durations.format(tolerance) + how + ")\n";
    }

    /** Names the ports that are not the usual ones, which it would look at. */
    private static String startOfDashboard(Stage stage, URI dashboard) {
        return Stream.of(
                                port("INGEST_PORT", stage.ingest("/").getPort(), INGEST_PORT),
                                port("SERVE_PORT", stage.reads("/").getPort(), SERVE_PORT),
                                port("DASHBOARD_PORT", dashboard.getPort(), DASHBOARD_PORT))
                        .collect(Collectors.joining())
                + "./freshet dashboard";
    }

    private static String port(String name, int port, int usual) {
        return port == usual ? "" : name + "=" + port + " ";
    }

    private static String exports(Stage stage) {
        var environment = stage.environment();
        return Stream.of(
                        Stream.of(
                                "CATALOG",
                                "REDIS_QUEUE_URL",
                                "REDIS_CACHE_URL",
                                "DATABASE_URL",
                                "FRONT_END_URLS",
                                "REVALIDATE_SECRET"),
                        stage.story().settings().keySet().stream(),
                        Stream.of("INGEST_PORT", "SERVE_PORT", "WORKER_PORT", "ADMIN_TOKEN"))
                .flatMap(names -> names)
                .distinct()
                .filter(environment::containsKey)
                .map(name -> name + "=" + Sender.quoted(stage.setting(name)))
                .collect(Collectors.joining(" \\\n    "));
    }
}
