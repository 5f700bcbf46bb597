package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.catalog.Access;
import dev.freshet.catalog.Access.Who;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Parameter;
import dev.freshet.catalog.ParameterType;
import dev.freshet.catalog.Template;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.model.Sha256;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Locale;

/**
 * Says what can be read here: of each view its route, what it takes and what of this comes from the reader's token alone,
 * what makes it old and after how many seconds it is loaded again in any case. Readers that keep values themselves name
 * them by this. Tokens and SQL are not in it.
 */
final class ViewList {
    private static final JsonMapper JSON = new JsonMapper();

    private final Gate gate;
    private final byte[] body;
    private final String etag;

    ViewList(Catalog catalog, Gate gate) {
        this.gate = gate;
        this.body = describe(catalog);
        this.etag = Sha256.hex(body).substring(0, 16);
    }

    void answer(Context ctx) throws IOException {
        gate.admitRead(ctx, Access.OPEN);
        ctx.header("Cache-Control", "no-cache").header("ETag", "\"" + etag + "\"");
        if (ViewHandler.isKnown(ctx.header("If-None-Match"), etag)) {
            ctx.status(304).res().flushBuffer(); // as for a view
        } else {
            ctx.contentType(ViewHandler.JSON).result(body);
        }
    }

    private static byte[] describe(Catalog catalog) {
        var list = JSON.createObjectNode().put("application", catalog.application());
        var views = list.putObject("views");
        catalog.views().forEach((name, view) -> describe(view, views.putObject(name)));
        try {
            return JSON.writeValueAsBytes(list);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("names and numbers always become JSON", e);
        }
    }

    private static void describe(View view, ObjectNode node) {
        var route = view.route();
        if (route != null) {
            node.put("route", route.path());
        }
        var params = node.putObject("params");
        view.params().forEach(parameter -> describe(parameter, params.putObject(parameter.name())));
        if (view.source() instanceof Source.Board board) {
            params.putObject("top")
                    .put("type", "int")
                    .put("default", String.valueOf(BoardAnswer.USUAL))
                    .put("min", 1)
                    .put("max", BoardAnswer.mostTop(board));
        }
        node.set(
                "tags",
                JSON.valueToTree(view.tags().stream().map(Template::text).toList()));
        node.put("ttl", Math.max(1, view.ttl().toSeconds()));
        node.put("access", !view.access().isOpen());
        if (view.access().who() instanceof Who.Users) {
            node.put("user", true);
        }
        var bound = view.params().stream()
                .filter(parameter -> parameter.claim() != null)
                .map(Parameter::name)
                .toList();
        if (!bound.isEmpty()) {
            node.set("claims", JSON.valueToTree(bound));
        }
        node.put("version", view.fingerprint());
    }

    /** What bounds its values; a bound that says nothing is left out. */
    private static void describe(Parameter parameter, ObjectNode node) {
        node.put("type", parameter.type().name().toLowerCase(Locale.ROOT));
        if (parameter.fallback() != null) {
            node.put("default", parameter.fallback());
        }
        if (parameter.min() != Long.MIN_VALUE) {
            node.put("min", parameter.min());
        }
        if (parameter.max() != Long.MAX_VALUE) {
            node.put("max", parameter.max());
        }
        if (parameter.type() == ParameterType.TEXT) {
            node.put("maxLength", parameter.maxLength());
        }
        if (!parameter.oneOf().isEmpty()) {
            node.set("oneOf", JSON.valueToTree(parameter.oneOf()));
        }
    }
}
