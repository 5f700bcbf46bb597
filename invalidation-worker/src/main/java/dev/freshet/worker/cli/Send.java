package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.freshet.catalog.Problem;
import dev.freshet.model.FreshetSignature;
import dev.freshet.model.Hmac;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Spelling;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signs deliveries as their senders would, and posts them. */
@Command(
        name = "send",
        mixinStandardHelpOptions = true,
        description = {
            "Sign a delivery and post it to the webhook service",
            "Ends with 1 when it is refused or becomes a dead letter, with --wait also when it is not applied in time.",
            "A body with 'resource' and 'action' goes out as Thinkific's, one with 'topic' as the application's own."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet send enrollment.created.json",
            "  echo '{\"topic\":\"statistics.changed\"}' | freshet send --wait -",
            "  freshet send --dry-run enrollment.created.json     prints a curl line instead"
        })
final class Send implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "JSON bodies; - reads one from the input")
    private List<String> files = new ArrayList<>();

    @Option(names = "--url", paramLabel = "URL", description = "The service (default: http://localhost:INGEST_PORT)")
    private Optional<URI> url = Optional.empty();

    @Option(names = "--site", paramLabel = "NAME", description = "Who sends it; needed where the catalog has several")
    private Optional<String> site = Optional.empty();

    @Option(names = "--wait", description = "An application's event: wait until it is applied")
    private boolean wait;

    @Option(names = "--dry-run", description = "Print a curl line and send nothing")
    private boolean dryRun;

    @Mixin
    private JsonOption json = new JsonOption();

    Send(Terminal terminal) {
        this.terminal = terminal;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Delivery(String topic, URI address, String header, String signature, byte[] body) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean all = true;
        try (var client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            for (var file : files) {
                var delivery = delivery(terminal.read(file));
                if (dryRun) {
                    terminal.line(curl(delivery, file));
                } else {
                    all &= post(client, delivery, file);
                }
            }
        }
        return all ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private Delivery delivery(byte[] body) {
        var envelope = terminal.parse(body);
        if (envelope.hasNonNull("resource") && envelope.hasNonNull("action")) {
            if (wait) {
                throw new SettingException(
                        "--wait is for an application's own event; what Thinkific sends is not waited for");
            }
            var topic = envelope.path("resource").asText() + "."
                    + envelope.path("action").asText();
            var path = "/webhooks/thinkific" + site.map(name -> "/" + name).orElse("");
            return new Delivery(
                    topic, address(path), "X-Thinkific-Hmac-Sha256", Hmac.signHex(secret("thinkific"), body), body);
        }
        if (envelope.hasNonNull("topic")) {
            var address = address("/events" + (wait ? "?wait=applied" : ""));
            var target = address.getRawPath() + (wait ? "?wait=applied" : "");
            var call = new FreshetSignature.Call("POST", target, "");
            return new Delivery(
                    envelope.path("topic").asText(),
                    address,
                    FreshetSignature.HEADER,
                    FreshetSignature.header(secret("freshet"), Instant.now(), call, body),
                    body);
        }
        throw new IllegalArgumentException("the body has neither 'resource' and 'action' nor 'topic'");
    }

    /** The first secret of the site that is named, or of the only one of this scheme. */
    private String secret(String scheme) {
        var catalog = terminal.catalog();
        var sites = catalog.sites().values().stream()
                .filter(candidate -> candidate.scheme().equals(scheme))
                .filter(candidate -> site.isEmpty() || site.get().equals(candidate.name()))
                .toList();
        if (sites.size() != 1) {
            throw new SettingException("the catalog has " + sites.size() + " sites of scheme " + scheme
                    + site.map(name -> " called " + name).orElse("") + "; --site must name one of them");
        }
        var found = sites.getFirst();
        return found.secrets().stream()
                .findFirst()
                .orElseThrow(() -> new SettingException(catalog.notes().stream()
                        .map(Problem::message)
                        .filter(note -> note.startsWith("sites." + found.name() + ".secrets: "))
                        .findFirst()
                        .orElse("site " + found.name() + " has no secret; give it one in the catalog")));
    }

    private URI address(String path) {
        var base = url.map(URI::toString)
                .orElseGet(() -> "http://localhost:" + terminal.settings().number("INGEST_PORT", 8080, 1, 65_535));
        return URI.create(base.replaceAll("/+$", "") + path);
    }

    private boolean post(HttpClient client, Delivery delivery, String file) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(delivery.address())
                .header("Content-Type", "application/json")
                .header(delivery.header(), delivery.signature())
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofByteArray(delivery.body()))
                .build();
        HttpResponse<String> response;
        try {
            response = client.send(request, BodyHandlers.ofString());
        } catch (java.net.ConnectException e) {
            throw new IOException("nothing answers at " + delivery.address(), e);
        }
        var answer = answer(response.body());
        show(file, response, answer);
        return response.statusCode() / 100 == 2 && isDone(delivery.topic(), answer);
    }

    /** Says what the sender should know of an answer that is no refusal. */
    private boolean isDone(String topic, JsonNode answer) {
        if (!answer.path("known").asBoolean(true)) {
            terminal.error("warning: the service's catalog says nothing about " + topic + ", so it changes nothing"
                    + Spelling.nearest(topic, terminal.catalog().events().keySet())
                            .map(near -> "; did you mean " + near + "?")
                            .orElse(""));
        }
        boolean dead = answer.path("status").asText().equals("dead");
        if (dead) {
            terminal.error(
                    "it is a dead letter: freshet dlq show " + answer.path("id").asText());
        }
        return !dead && answer.path("applied").asBoolean(true);
    }

    private void show(String file, HttpResponse<String> response, JsonNode answer) {
        if (json.wanted()) {
            var report = new LinkedHashMap<String, Object>();
            report.put("file", file);
            report.put("status", response.statusCode());
            report.put("answer", answer);
            terminal.json(report);
        } else {
            terminal.line(
                    file + ": " + response.statusCode() + " " + response.body().strip());
        }
    }

    /** What is no JSON becomes a text of it. */
    private JsonNode answer(String body) {
        try {
            return terminal.parse(body.getBytes(UTF_8));
        } catch (IllegalArgumentException e) {
            return TextNode.valueOf(body);
        }
    }

    private static String curl(Delivery delivery, String file) {
        var data = file.equals("-") ? quoted(new String(delivery.body(), UTF_8)) : quoted("@" + Path.of(file));
        return "curl -sS -X POST " + quoted(delivery.address().toString()) + " -H 'Content-Type: application/json' -H "
                + quoted(delivery.header() + ": " + delivery.signature()) + " --data-binary " + data;
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
