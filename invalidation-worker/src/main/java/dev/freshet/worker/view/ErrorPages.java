package dev.freshet.worker.view;

import io.javalin.config.JettyConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the web server answers to a request so broken that no handler sees it: JSON, with no word of what was sent. */
public final class ErrorPages extends ErrorHandler {
    private static final HttpField NO_SNIFF = new HttpField("X-Content-Type-Options", "nosniff");
    private static final Logger log = LoggerFactory.getLogger(ErrorPages.class);

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = status(response.getStatus());
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, ViewHandler.JSON).put(NO_SNIFF);
        Content.Sink.write(response, true, ViewHandler.error(error(status), message(status)), callback);
        return true;
    }

    /** Makes the web server say nothing of itself, and these pages what it answers to broken requests. */
    public static void install(JettyConfig jetty) {
        jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.addCustomizer((request, answered) -> {
                answered.put(NO_SNIFF);
                return request;
            });
        });
        jetty.modifyServer(server -> server.setErrorHandler(new ErrorPages()));
        jetty.modifyServletContextHandler(context -> context.setErrorHandler(new ErrorPages()));
    }

    /** Of what a request asks for and the server does not know, its sender is at fault, and no alarm should ring. */
    private static int status(int status) {
        return switch (status) {
            case 501, 505 -> 400;
            default -> status < 400 ? 500 : status;
        };
    }

    /** The same for requests that a route is looked up for: the address is unknown, or its handler fails. */
    public static void register(RoutesConfig routes) {
        routes.exception(HttpResponseException.class, (e, ctx) -> {
            if (e.getStatus() == 405) {
                ctx.header("Allow", String.join(", ", e.getDetails().values()));
            }
            refuse(ctx, e.getStatus());
        });
        routes.exception(Exception.class, (e, ctx) -> {
            int status = e instanceof HttpException broken ? broken.getCode() : 500;
            if (status >= 500) {
                log.error("request failed path={}", ctx.endpoint().path, e);
            }
            refuse(ctx, status);
        });
    }

    private static void refuse(Context ctx, int status) {
        ViewHandler.refuse(ctx, status, error(status), message(status));
    }

    static String error(int status) {
        return switch (status) {
            case 404 -> "not_found";
            case 405 -> "method_not_allowed";
            default -> status < 500 ? "bad_request" : "failed";
        };
    }

    static String message(int status) {
        return switch (status) {
            case 404 -> "there is nothing at this address";
            case 405 -> "this address takes other methods; see Allow";
            default ->
                status < 500
                        ? "this is no request that can be understood"
                        : "this is a fault of the server; its log says more";
        };
    }
}
