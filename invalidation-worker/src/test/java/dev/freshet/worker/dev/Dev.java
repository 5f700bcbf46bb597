package dev.freshet.worker.dev;

import ch.qos.logback.classic.LoggerContext;
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
import org.slf4j.LoggerFactory;

/** {@code freshet dev}: everything on embedded services until Ctrl-C, with something to paste. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Dev {
    private static final int INGEST_PORT = 8080;
    private static final int SERVE_PORT = 8082;
    private static final int DASHBOARD_PORT = 3001;

    /** What the processes take from the caller: not where anything is, nor the sample application's secrets. */
    private static final Pattern PASSED_ON = Pattern.compile(
            "(ADMIN|RATE_LIMIT|TRUSTED|CACHE_TTL|INGEST|EVENT|SERVE|WORKER|CALLBACK|QUEUE|SEEN|SPILL)_(?!HOST$|PORT$).+");

    private Dev() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.setProperty("logback.configurationFile", "dev-logback.xml");
        try {
            run(new Settings(System.getenv()));
        } catch (SettingException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private static void run(Settings settings) throws InterruptedException {
        var ports = new Stage.Ports(
                port(settings, "INGEST_PORT", INGEST_PORT),
                port(settings, "SERVE_PORT", SERVE_PORT),
                port(settings, "WORKER_PORT", 8081),
                port(settings, "FRONT_END_PORT", 3000));
        var dashboard = URI.create("http://127.0.0.1:" + settings.number("DASHBOARD_PORT", DASHBOARD_PORT, 1, 65_535));
        settings.find("CATALOG")
                .filter(catalog -> !catalog.equals("tafta"))
                .ifPresent(catalog -> System.out.println(
                        "dev runs TAFTA; CATALOG=" + catalog + " is not used here, see docs/catalog.md, Try it"));
        System.out.println("starting Redis, PostgreSQL and Freshet…");
        var stage = new Stage(
                ports,
                List.of(dashboard.resolve("/api/revalidate")),
                told -> System.out.println("front end told    " + told),
                passedOn());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stage)));
        System.out.println(welcome(stage, dashboard));
        new CountDownLatch(1).await();
    }

    private static Map<String, String> passedOn() {
        return System.getenv().entrySet().stream()
                .filter(setting -> PASSED_ON.matcher(setting.getKey()).matches())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
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

    /**
     * No draining: Ctrl-C also ends Redis and PostgreSQL, and nothing is to be kept. What the processes would say of
     * that helps nobody.
     */
    private static void end(Stage stage) {
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
        stage.drop();
        System.out.println("ended");
        Runtime.getRuntime().halt(0);
    }

    private static String welcome(Stage stage, URI dashboard) {
        var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        // a student of cohort 3 whom the sample rows hold
        var body = """
                {"id":"local-%d","resource":"enrollment","action":"progress","tenant_id":"3","created_at":"%s",\
                "payload":{"id":97472,"course_id":4,"course":{"id":4,"name":"Sample Course"},\
                "percentage_completed":"0.75","completed_at":null,"updated_at":"%s",\
                "user":{"email":"ada.sample@example.com","first_name":"Ada","id":123456,"last_name":"Sample"}}}""".formatted(now.toEpochMilli(), now, now);
        var view = stage.reads("/api/users/ada.sample@example.com/cached");
        return """

                Freshet is running with the TAFTA catalog.

                  cached reads     %s
                                   %s
                                   %s
                  webhooks         %s
                  health           %s
                  front end        %s   (a stand-in: it prints what it is told)
                  pages            %s   (a Next.js application, once a second terminal runs this:)
                                   %s

                Read a value twice, deliver a change, read it again:

                  curl -i '%s'
                  %s

                Commands that meet it, such as `./freshet status` or `./freshet send`, need its addresses:

                  export %s

                Ctrl-C ends it and forgets everything.
                """.formatted(
                        view,
                        stage.reads("/api/enrollments/cached?cohortId=3"),
                        stage.reads("/api/statistics/cached"),
                        stage.ingest("/webhooks/thinkific"),
                        stage.ingest("/health/detailed"),
                        stage.frontEnd().address(),
                        dashboard.resolve("/dashboard"),
                        startOfDashboard(stage, dashboard),
                        view,
                        stage.curl(body),
                        exports(stage.environment()));
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

    private static String exports(Map<String, String> environment) {
        return Stream.of(
                        "CATALOG",
                        "REDIS_QUEUE_URL",
                        "REDIS_CACHE_URL",
                        "DATABASE_URL",
                        "FRONT_END_URLS",
                        "REVALIDATE_SECRET",
                        "THINKIFIC_SECRETS",
                        "EVENTS_SECRET",
                        "INGEST_PORT",
                        "SERVE_PORT",
                        "WORKER_PORT",
                        "ADMIN_TOKEN")
                .filter(environment::containsKey)
                .map(name -> name + "='" + environment.get(name) + "'")
                .collect(Collectors.joining(" \\\n    "));
    }
}
