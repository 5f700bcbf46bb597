package dev.freshet.worker.dev;

import dev.freshet.settings.Settings;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code freshet dev}: everything on embedded services until Ctrl-C, with something to paste. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Dev {
    private Dev() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.setProperty("logback.configurationFile", "dev-logback.xml");
        System.out.println("starting Redis, PostgreSQL and Freshet…");
        var environment = new Settings(System.getenv());
        var ports = new Stage.Ports(
                environment.number("INGEST_PORT", 8080, 0, 65_535),
                environment.number("SERVE_PORT", 8082, 0, 65_535),
                environment.number("WORKER_PORT", 8081, 0, 65_535),
                environment.number("FRONT_END_PORT", 3000, 0, 65_535));
        var stage = new Stage(ports, told -> System.out.println("front end told    " + told), Map.of());
        // no draining: Redis and PostgreSQL stop at the same signal, and nothing is to be kept
        Runtime.getRuntime().addShutdownHook(new Thread(stage::drop));
        System.out.println(welcome(stage));
        new CountDownLatch(1).await();
    }

    private static String welcome(Stage stage) {
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
                        view,
                        stage.curl(body),
                        exports(stage.environment()));
    }

    private static String exports(Map<String, String> environment) {
        return Stream.of(
                        "REDIS_QUEUE_URL",
                        "REDIS_CACHE_URL",
                        "DATABASE_URL",
                        "FRONT_END_URLS",
                        "REVALIDATE_SECRET",
                        "THINKIFIC_SECRETS",
                        "EVENTS_SECRET",
                        "INGEST_PORT")
                .map(name -> name + "='" + environment.get(name) + "'")
                .collect(Collectors.joining(" \\\n    "));
    }
}
