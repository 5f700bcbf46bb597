package dev.freshet.benchmarks.ingest;

import io.javalin.Javalin;

/** What Javalin does by itself: it reads the body of a POST and answers as many bytes of JSON as Freshet does. */
final class BareJavalin {
    private static final String ANSWER =
            "{\"status\":\"accepted\",\"id\":\"main:enrollment.created:20190227155000000\"}";

    private BareJavalin() {}

    public static void main(String[] arguments) {
        var javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.routes.post("/webhooks/{scheme}", ctx -> {
                if (ctx.bodyAsBytes().length > 0) {
                    ctx.contentType("application/json").result(ANSWER);
                }
            });
        });
        var unused = javalin.start("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
