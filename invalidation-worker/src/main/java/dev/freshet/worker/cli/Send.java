package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Scheme;
import dev.freshet.catalog.Signatures;
import dev.freshet.catalog.Site;
import dev.freshet.model.FreshetSignature;
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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
            "It is signed as the site of --site signs. Without that a body with 'resource' and 'action' goes out as "
                    + "Thinkific's, one with 'topic' as the application's own."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet send enrollment.created.json",
            "  echo '{\"topic\":\"statistics.changed\"}' | freshet send --wait -",
            "  freshet send --site shop --topic orders/create order.json",
            "  freshet send --dry-run enrollment.created.json     prints a curl line instead"
        })
final class Send implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "JSON bodies; - reads one from the input")
    private List<String> files = new ArrayList<>();

    @Option(names = "--url", paramLabel = "URL", description = "The service (default: http://localhost:INGEST_PORT)")
    private Optional<URI> url = Optional.empty();

    @Option(
            names = "--site",
            paramLabel = "NAME",
            description = "Who sends it; needed unless the catalog has one site for such a body")
    private Optional<String> site = Optional.empty();

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description = "What happened, where the site's deliveries say it in a header: orders/create")
    private Optional<String> topic = Optional.empty();

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
    private record Delivery(URI address, Map<String, String> headers, byte[] body) {}

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
        var sender = site.isPresent() ? named(site.get()) : only(scheme(envelope));
        requireSecret(sender);
        return sender.isApplication() ? event(sender, envelope, body) : webhook(sender, body);
    }

    private Delivery event(Site sender, JsonNode envelope, byte[] body) {
        if (!envelope.hasNonNull("topic")) {
            throw new IllegalArgumentException("the body has no 'topic'");
        }
        refuseTopic(sender);
        var address = address("/events" + (wait ? "?wait=applied" : ""));
        var target = address.getRawPath() + (wait ? "?wait=applied" : "");
        var call = new FreshetSignature.Call("POST", target, "");
        var signature = FreshetSignature.header(sender.secrets().getFirst(), Instant.now(), call, body);
        return new Delivery(address, Map.of(FreshetSignature.HEADER, signature), body);
    }

    private Delivery webhook(Site sender, byte[] body) {
        if (wait) {
            throw new SettingException("--wait is for an application's own event; what " + sender.name() + " sends by "
                    + sender.scheme() + " is not waited for");
        }
        var header = Signatures.topicHeader(sender);
        if (header.isPresent() && topic.isEmpty()) {
            throw new SettingException(
                    "--topic must say what happened; a delivery of " + sender.name() + " says it in " + header.get());
        }
        if (header.isEmpty()) {
            refuseTopic(sender);
        }
        var id = "msg_" + UUID.randomUUID();
        var headers = Signatures.headers(sender, topic.orElse(""), id, Instant.now(), body);
        return new Delivery(address("/webhooks/" + sender.name()), headers, body);
    }

    private void refuseTopic(Site sender) {
        if (topic.isPresent()) {
            throw new SettingException(
                    "--topic must be left out; the body of a delivery of " + sender.name() + " says what happened");
        }
    }

    /** Of those who may have sent such a body without being named. */
    private Scheme scheme(JsonNode envelope) {
        if (envelope.hasNonNull("resource") && envelope.hasNonNull("action")) {
            return Scheme.THINKIFIC;
        }
        if (envelope.hasNonNull("topic")) {
            return Scheme.FRESHET;
        }
        throw new SettingException("the body has neither 'resource' and 'action' nor 'topic'; "
                + oneOf(terminal.catalog().sites().values()));
    }

    private static String oneOf(Collection<Site> sites) {
        return "--site must be one of " + sites.stream().map(Site::name).collect(Collectors.joining(", "));
    }

    private Site named(String name) {
        var sites = terminal.catalog().sites();
        return Optional.ofNullable(sites.get(name))
                .orElseThrow(() -> new SettingException(oneOf(sites.values()) + ", was '" + name + "'"));
    }

    private Site only(Scheme scheme) {
        var all = terminal.catalog().sites().values();
        var sites =
                all.stream().filter(candidate -> candidate.scheme() == scheme).toList();
        if (sites.size() != 1) {
            throw new SettingException("the catalog has " + sites.size() + " sites of scheme " + scheme + "; "
                    + oneOf(sites.isEmpty() ? all : sites));
        }
        return sites.getFirst();
    }

    private void requireSecret(Site sender) {
        if (sender.secrets().isEmpty()) {
            throw new SettingException(terminal.catalog().notes().stream()
                    .map(Problem::message)
                    .filter(note -> note.startsWith("sites." + sender.name() + ".secrets: "))
                    .findFirst()
                    .orElse("site " + sender.name() + " has no secret; give it one in the catalog"));
        }
    }

    private URI address(String path) {
        var base = url.map(URI::toString)
                .orElseGet(() -> "http://localhost:" + terminal.settings().number("INGEST_PORT", 8080, 1, 65_535));
        return URI.create(base.replaceAll("/+$", "") + path);
    }

    private boolean post(HttpClient client, Delivery delivery, String file) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(delivery.address())
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofByteArray(delivery.body()));
        delivery.headers().forEach(request::header);
        HttpResponse<String> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofString());
        } catch (java.net.ConnectException e) {
            throw new IOException("nothing answers at " + delivery.address(), e);
        }
        var answer = answer(response.body());
        show(file, response, answer);
        return response.statusCode() / 100 == 2 && isDone(answer);
    }

    /** Says what the sender should know of an answer that is no refusal. */
    private boolean isDone(JsonNode answer) {
        if (!answer.path("known").asBoolean(true)) {
            var said = said(answer);
            terminal.error("warning: the service's catalog says nothing about " + said + ", so it changes nothing"
                    + Spelling.nearest(said, terminal.catalog().events().keySet())
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

    /** The topic, as the service reads and spells it: the answer's id is {@code SITE:TOPIC:ID}. */
    private static String said(JsonNode answer) {
        var parts = answer.path("id").asText().split(":", 3);
        return parts.length == 3 ? parts[1] : "it";
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
        var headers = delivery.headers().entrySet().stream()
                .map(header -> " -H " + quoted(header.getKey() + ": " + header.getValue()))
                .collect(Collectors.joining());
        return "curl -sS -X POST " + quoted(delivery.address().toString()) + " -H 'Content-Type: application/json'"
                + headers + " --data-binary " + data;
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
