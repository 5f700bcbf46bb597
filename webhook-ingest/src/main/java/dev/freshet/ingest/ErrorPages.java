package dev.freshet.ingest;

import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What the web server itself answers, before or instead of a handler: the same JSON, with no word of what went wrong inside. */
final class ErrorPages extends ErrorHandler {
    static final HttpField NO_SNIFF = new HttpField("X-Content-Type-Options", "nosniff");
    static final HttpField JSON = new HttpField(HttpHeader.CONTENT_TYPE, "application/json");

    private final Consumer<Answer> seen;

    /** @param seen is told of each answer given here */
    ErrorPages(Consumer<Answer> seen) {
        this.seen = seen;
    }

    /** The answer to a status that says it all. */
    static Answer answer(int status) {
        return switch (status) {
            case 404 -> Answer.error(404, "not_found", "there is nothing at this address");
            case 405 -> Answer.error(405, "method_not_allowed", "this address takes other methods; see Allow");
            case 408 -> Answer.error(408, "too_slow", "the request did not come in time; send it again");
            case 413 -> Answer.error(413, "too_large", "send less at once");
            case 414 -> Answer.error(414, "address_too_long", "use a shorter address");
            case 431 -> Answer.error(431, "headers_too_large", "send fewer or shorter headers");
            case 503 -> Answer.error(503, "unavailable", "send it again later");
            default ->
                status >= 500
                        ? Answer.error(status, "internal", "something went wrong here; send it again later")
                        : Answer.error(status, "bad_request", "this is no request that can be understood");
        };
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        var answer = answer(status(response.getStatus()));
        seen.accept(answer);
        response.setStatus(answer.status());
        response.getHeaders().put(JSON).put(NO_SNIFF);
        Content.Sink.write(response, true, answer.json(), callback);
        return true;
    }

    /** Of what a request asks for and the server does not know, its sender is at fault, and no alarm should ring. */
    private static int status(int status) {
        return switch (status) {
            case HttpStatus.NOT_IMPLEMENTED_501, HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 ->
                HttpStatus.BAD_REQUEST_400;
            default -> status < 400 ? HttpStatus.INTERNAL_SERVER_ERROR_500 : status;
        };
    }
}
