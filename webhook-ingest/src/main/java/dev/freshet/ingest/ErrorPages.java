package dev.freshet.ingest;

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
    private static final HttpField JSON = new HttpField(HttpHeader.CONTENT_TYPE, "application/json");

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
        int status = response.getStatus() < 400 ? HttpStatus.INTERNAL_SERVER_ERROR_500 : response.getStatus();
        response.setStatus(status);
        response.getHeaders().put(JSON);
        Content.Sink.write(response, true, answer(status).json(), callback);
        return true;
    }
}
