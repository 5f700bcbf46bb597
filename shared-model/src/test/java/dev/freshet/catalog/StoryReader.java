package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.catalog.Story.Act;
import dev.freshet.catalog.Story.Read;
import dev.freshet.catalog.Story.Reader;
import dev.freshet.catalog.Story.Scene;
import dev.freshet.catalog.Story.Server;
import dev.freshet.catalog.Story.Signed;
import dev.freshet.catalog.Story.Try;
import dev.freshet.settings.Spelling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Reads a {@link Story} and holds it against its catalog. */
final class StoryReader {
    private static final List<String> KEYS = List.of("settings", "files", "readers", "reads", "try", "scenes", "ends");
    /** All that can happen. */
    private static final List<String> ACTS =
            List.of("chapter", "show", "webhook", "event", "write", "sql", "get", "put", "outage");

    private static final List<String> EXPECTATIONS =
            List.of("says", "answer", "note", "fresh", "told", "dead", "as", "do");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?}");
    private static final Pattern SECRET = Pattern.compile(".*(SECRET|TOKEN|KEY)S?");
    /** As long as any scheme asks for. */
    private static final int SECRET_LENGTH = 40;

    /** Stands for the public key of a new pair. */
    private static final String RSA = "{rsa}";

    private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Folder folder;
    private final Problems problems;
    private final Map<String, String> settings;
    private final Optional<KeyPair> rsa;
    private final Catalog catalog;
    private Map<String, Reader> readers = Map.of();
    private Map<String, Read> reads = Map.of();

    /**
     * The files of a system: in a folder, or beside the other catalogs that come with Freshet.
     *
     * @param catalogFile empty for one that comes with Freshet, or is not there
     */
    private record Folder(String source, Optional<Path> catalogFile) {
        static Folder of(String source) {
            return new Folder(source, CatalogReader.file(source));
        }

        String catalog() {
            return catalogFile.map(Path::toString).orElse(source);
        }

        String catalogText() {
            return catalogFile.map(Folder::read).or(() -> text("catalog.yaml")).orElse("");
        }

        /** How messages call it. */
        String file(String name) {
            return catalogFile.map(file -> file.resolveSibling(name).toString()).orElse(source + "/" + name);
        }

        Optional<String> text(String name) {
            return catalogFile.isPresent()
                    ? catalogFile
                            .map(file -> file.resolveSibling(name))
                            .filter(Files::isRegularFile)
                            .map(Folder::read)
                    : resource("/catalogs/" + source + "/" + name);
        }

        /** Beside the story, or what comes with Freshet. */
        Optional<String> sample(String name) {
            return text(name).or(() -> resource("/" + name));
        }

        private static String read(Path path) {
            try {
                return Files.readString(path);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Optional<String> resource(String name) {
            try (var stream = StoryReader.class.getResourceAsStream(name)) {
                return stream == null ? Optional.empty() : Optional.of(new String(stream.readAllBytes(), UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private StoryReader(
            Folder folder, Problems problems, Map<String, String> settings, Optional<KeyPair> rsa, Catalog catalog) {
        this.folder = folder;
        this.problems = problems;
        this.settings = settings;
        this.rsa = rsa;
        this.catalog = catalog;
    }

    static Story read(String source) {
        var folder = Folder.of(source);
        var text = folder.text("story.yaml").filter(t -> !t.isBlank()).orElse("reads: {}");
        var file = folder.file("story.yaml");
        var problems = new Problems(file);
        var root = root(file, text, problems);
        if (!root.isMapping()) {
            throw single(file, 1, "a story must be a mapping, such as reads: { her runs: /api/runs?userId=7 }");
        }
        var section = new Section(root, KEYS);
        var settings = settings(folder, section);
        var rsa = settings.containsValue(RSA) ? Optional.of(newKeys()) : Optional.<KeyPair>empty();
        settings.replaceAll((name, value) -> value.equals(RSA) ? pem(rsa.orElseThrow()) : value);
        var catalog = catalog(folder, settings, problems);
        return new StoryReader(folder, problems, settings, rsa, catalog).story(section);
    }

    private static Catalog catalog(Folder folder, Map<String, String> settings, Problems problems) {
        try {
            return CatalogReader.read(folder.catalog(), settings);
        } catch (CatalogException e) {
            throw new CatalogException(Stream.concat(problems.byLine().stream(), e.problems().stream())
                    .toList());
        }
    }

    private Story story(Section section) {
        var files = section.find("files").map(Element::items).orElse(List.of()).stream()
                .flatMap(item -> put(item).stream())
                .toList();
        readers = section.find("readers").map(this::readers).orElse(Map.of());
        reads = section.find("reads").map(this::reads).orElse(Map.of());
        var scenes = section.find("scenes").map(Element::items).orElse(List.of()).stream()
                .flatMap(item -> scene(item).stream())
                .toList();
        var toTry = section.find("try").flatMap(this::toTry).or(() -> toTry(scenes));
        var ends = section.find("ends").map(this::ends).orElse(Map.of());
        if (problems.hasErrors()) {
            throw new CatalogException(problems.byLine());
        }
        var schema = folder.text("schema.sql").orElse("");
        var sample = folder.text("sample.sql").orElse("");
        return new Story(
                folder.catalog(),
                catalog,
                schema,
                sample,
                settings,
                rsa.map(KeyPair::getPrivate),
                files,
                readers,
                reads,
                toTry,
                scenes,
                ends);
    }

    private static Element root(String file, String text, Problems problems) {
        try {
            var options = new LoaderOptions();
            var parser = new ParserImpl(new StreamReader(text), options);
            return new Element(new Composer(parser, new Resolver(), options).getSingleNode(), problems);
        } catch (MarkedYAMLException e) {
            var mark = e.getProblemMark();
            throw single(file, mark == null ? 0 : mark.getLine() + 1, "this is no YAML: " + e.getProblem());
        }
    }

    private static CatalogException single(String file, int line, String message) {
        return new CatalogException(List.of(Problem.error(file, line, message, "")));
    }

    /** What the story says, and made-up secrets for what else the catalog asks the environment. */
    private static Map<String, String> settings(Folder folder, Section section) {
        var settings = new LinkedHashMap<String, String>();
        var variables = VARIABLE.matcher(folder.catalogText())
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        variables.stream()
                .filter(name -> SECRET.matcher(name).matches())
                .forEach(name -> settings.put(name, madeUp(name)));
        section.find("settings")
                .map(Element::entries)
                .orElse(Map.of())
                .forEach((name, element) -> element.text()
                        .filter(value -> known(element, name, variables, "variable of the catalog"))
                        .ifPresent(value -> settings.put(name, value)));
        return settings;
    }

    private static KeyPair newKeys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2_048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has RSA", e);
        }
    }

    private static String pem(KeyPair keys) {
        var lines = Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded());
        return "-----BEGIN PUBLIC KEY-----\n" + lines + "\n-----END PUBLIC KEY-----";
    }

    private static String madeUp(String variable) {
        var name = "local-" + variable.toLowerCase(Locale.ROOT).replace('_', '-');
        return name + "-0".repeat(Math.max(0, SECRET_LENGTH - name.length() + 1) / 2);
    }

    private Map<String, Reader> readers(Element element) {
        var all = new LinkedHashMap<String, Reader>();
        element.entries().forEach((name, e) -> reader(e).ifPresent(reader -> all.put(name, reader)));
        return all;
    }

    private Optional<Reader> reader(Element element) {
        var section = new Section(element, List.of("token", "claims", "signed"));
        var issuer = section.require("token", "token: app")
                .flatMap(e ->
                        e.text().filter(name -> known(e, name, catalog.tokens().keySet(), "issuer of tokens")));
        var values = new TreeMap<String, String>();
        var lists = new TreeMap<String, List<String>>();
        section.require("claims", "claims: { sub: \"7\" }")
                .map(Element::entries)
                .orElse(Map.of())
                .forEach((name, e) -> {
                    if (e.isText()) {
                        e.text().ifPresent(text -> values.put(name, text));
                    } else {
                        lists.put(name, texts(e));
                    }
                });
        var signed = section.find("signed").flatMap(e -> e.choice(Signed.class)).orElse(Signed.RIGHT);
        return issuer.map(name -> new Reader(name, new Claims(values, lists), signed));
    }

    private Map<String, Read> reads(Element element) {
        var all = new LinkedHashMap<String, Read>();
        element.entries().forEach((name, e) -> read(e).ifPresent(read -> all.put(name, read)));
        return all;
    }

    /** A path, or {@code get} and {@code as}. */
    private Optional<Read> read(Element element) {
        if (element.isText()) {
            return element.text().map(path -> new Read(path, Optional.empty())).filter(read -> isRead(element, read));
        }
        var section = new Section(element, List.of("get", "as"));
        return section.require("get", "get: /api/dashboard")
                .flatMap(Element::text)
                .map(path -> new Read(path, as(section)))
                .filter(read -> isRead(element, read));
    }

    private Optional<Reader> as(Section section) {
        return section.find("as")
                .flatMap(e -> e.text()
                        .filter(name -> known(e, name, readers.keySet(), "reader of this story"))
                        .map(readers::get));
    }

    private boolean isRead(Element element, Read read) {
        try {
            if (Story.ask(catalog, read).isPresent()) {
                return true;
            }
            element.error("is answered by no view: " + read.path(), "such as /views/NAME or the route of one");
        } catch (ParameterException | ClaimException e) {
            element.error("is refused: " + e.getMessage());
        }
        return false;
    }

    private Optional<Try> toTry(Element element) {
        var keys = new ArrayList<>(ACTS);
        keys.addAll(List.of("reads", "pages"));
        var section = new Section(element, keys);
        var shown = section.require("reads", "reads: [ /api/users/7 ]").map(Element::items).orElse(List.of()).stream()
                .flatMap(item -> item.text().stream()
                        .flatMap(text -> Optional.ofNullable(reads.get(text)).or(() -> read(item)).stream()))
                .toList();
        return act(section, element)
                .map(act -> new Try(
                        shown, act, section.find("pages").flatMap(Element::text).orElse("")));
    }

    /** The first change that makes something fresh, where the story does not choose. */
    private Optional<Try> toTry(List<Scene> scenes) {
        return scenes.stream()
                .filter(scene -> !scene.fresh().isEmpty() && !(scene.act() instanceof Act.Outage))
                .findFirst()
                .map(scene -> new Try(
                        scene.fresh().stream()
                                .map(reads::get)
                                .filter(java.util.Objects::nonNull)
                                .limit(3)
                                .toList(),
                        scene.act(),
                        ""));
    }

    private Map<String, Long> ends(Element element) {
        var section = new Section(element, Story.COUNTS);
        var counts = new TreeMap<String, Long>();
        for (var name : Story.COUNTS) {
            section.find(name).flatMap(StoryReader::number).ifPresent(number -> counts.put(name, number));
        }
        return counts;
    }

    private static Optional<Long> number(Element element) {
        return element.text(
                "a whole number",
                text -> Optional.of(text).filter(t -> t.matches("\\d{1,9}")).map(Long::parseLong));
    }

    private Optional<Scene> scene(Element element) {
        var keys = new ArrayList<>(ACTS);
        keys.addAll(EXPECTATIONS);
        var section = new Section(element, keys);
        return act(section, element)
                .map(act -> new Scene(
                        element.line(),
                        section.find("says").flatMap(Element::text).orElseGet(() -> called(act)),
                        act,
                        section.find("answer")
                                .flatMap(e -> e.text(
                                        "a status, such as 200 accepted or 401",
                                        text -> Optional.of(text).filter(t -> t.matches("[1-5]\\d\\d( [A-Za-z]+)?")))),
                        section.find("note").flatMap(Element::text).orElse(""),
                        section.find("fresh").map(this::fresh).orElse(Set.of()),
                        section.find("told")
                                .<Set<String>>map(e -> new LinkedHashSet<>(texts(e)))
                                .orElse(Set.of()),
                        section.find("dead").flatMap(StoryReader::number)));
    }

    private static String called(Act act) {
        return switch (act) {
            case Act.Webhook(var site, var topic, var body, var signed) -> topic.isEmpty() ? site.name() : topic;
            case Act.Event(var site, var topic, var payload) -> topic;
            case Act.Write(var site, var route, var payload) -> route.toString();
            case Act.Sql(var text) -> "SQL";
            case Act.Get(var read) -> read.path();
            case Act.Put(var name, var entries, var at) -> name;
            case Act.Chapter chapter -> "";
            case Act.Show(var read) -> read + ", before and after:";
            case Act.Outage outage -> "";
        };
    }

    private Set<String> fresh(Element element) {
        var names = new LinkedHashSet<>(texts(element));
        names.forEach(name -> known(element, name, reads.keySet(), "read of this story"));
        return names;
    }

    private List<String> texts(Element element) {
        return element.items().stream().flatMap(item -> item.text().stream()).toList();
    }

    private static boolean known(Element element, String name, Collection<String> names, String what) {
        if (names.contains(name)) {
            return true;
        }
        element.error(
                "is no " + what + ": " + name, Spelling.hint(name, names, "known here: " + String.join(", ", names)));
        return false;
    }

    private Optional<Act> act(Section section, Element element) {
        var found = ACTS.stream().filter(kind -> section.find(kind).isPresent()).toList();
        if (found.size() != 1) {
            element.error(
                    element.line(),
                    found.isEmpty() ? "does nothing" : "does several things: " + String.join(", ", found),
                    "say one of " + String.join(", ", ACTS));
            return Optional.empty();
        }
        var what = section.find(found.getFirst()).orElseThrow();
        return switch (found.getFirst()) {
            case "chapter" -> what.text().map(Act.Chapter::new);
            case "show" ->
                what.text()
                        .filter(name -> known(what, name, reads.keySet(), "read of this story"))
                        .map(Act.Show::new);
            case "webhook" -> webhook(what);
            case "event" -> event(what);
            case "write" -> write(what);
            case "sql" -> what.text().map(Act.Sql::new);
            case "get" -> get(what, section);
            case "put" -> put(what).map(put -> put);
            default -> outage(what, section);
        };
    }

    private Optional<Act> get(Element element, Section section) {
        return element.text(
                "a path or the name of a read",
                text -> Optional.ofNullable(reads.get(text))
                        .map(read -> new Read(read.path(), as(section).or(read::as)))
                        .or(() ->
                                Optional.of(text).filter(t -> t.startsWith("/")).map(t -> new Read(t, as(section))))
                        .map(Act.Get::new));
    }

    private Optional<Act> outage(Element element, Section section) {
        var inner = section
                .require("do", "do: [ { get: /views/users, answer: 200 BYPASS } ]")
                .map(Element::items)
                .orElse(List.of())
                .stream()
                .flatMap(item -> scene(item).stream())
                .toList();
        return element.choice(Server.class).map(server -> new Act.Outage(server, inner));
    }

    private Optional<Act> webhook(Element element) {
        var section = new Section(element, List.of("site", "topic", "body", "sample", "signed"));
        var site = site(section, "site");
        var topic = section.find("topic").flatMap(Element::text).orElse("");
        site.flatMap(Signatures::topicHeader)
                .filter(header -> topic.isEmpty())
                .ifPresent(header -> element.error("has no topic", "deliveries of this site say it in " + header));
        var body = section.find("sample")
                .flatMap(this::sample)
                .or(() -> section.require("body", "body: '{\"id\": \"evt_1\"}'").flatMap(Element::text));
        var signed = section.find("signed").flatMap(e -> e.choice(Signed.class)).orElse(Signed.RIGHT);
        return site.flatMap(from -> body.map(text -> new Act.Webhook(from, topic, text, signed)));
    }

    private Optional<String> sample(Element element) {
        return element.text("a file beside the story", folder::sample);
    }

    private Optional<Site> site(Section section, String key) {
        var element = section.require(
                key, key + ": " + String.join(" or ", catalog.sites().keySet()));
        return element.flatMap(e -> e.text()
                .filter(name -> known(e, name, catalog.sites().keySet(), "site of the catalog"))
                .map(catalog.sites()::get));
    }

    private Optional<Act> event(Element element) {
        var section = new Section(element, List.of("topic", "payload"));
        var topic = section.require("topic", "topic: price.changed")
                .flatMap(e ->
                        e.text().filter(name -> known(e, name, catalog.events().keySet(), "event of the catalog")));
        return topic.flatMap(name -> application(element, name)
                .flatMap(site -> payload(section).map(payload -> new Act.Event(site, name, payload))));
    }

    private Optional<Act> write(Element element) {
        var section = new Section(element, List.of("route", "payload"));
        var routes = new TreeMap<String, EventRule>();
        for (var rule : catalog.events().values()) {
            if (rule.route() != null) {
                routes.put(rule.route().toString(), rule);
            }
        }
        var rule = section.require("route", "route: PUT /api/users")
                .flatMap(e -> e.text()
                        .filter(text -> known(e, text, routes.keySet(), "route of an event"))
                        .flatMap(text -> Optional.ofNullable(routes.get(text))));
        return rule.flatMap(to -> application(element, to.topic())
                .flatMap(site -> payload(section)
                        .map(payload -> new Act.Write(site, java.util.Objects.requireNonNull(to.route()), payload))));
    }

    /** The application that may say this. */
    private Optional<Site> application(Element element, String topic) {
        var site = catalog.sites().values().stream()
                .filter(Site::isApplication)
                .filter(candidate -> catalog.rule(topic, candidate.name()).isPresent())
                .findFirst();
        if (site.isEmpty()) {
            element.error(
                    "comes from no site of scheme freshet: " + topic, "such as sites: { app: { scheme: freshet } }");
        }
        return site;
    }

    private Optional<String> payload(Section section) {
        var example = "{\"id\": 7}";
        return section.require("payload", "payload: '" + example + "'")
                .flatMap(e -> e.text(
                        "a JSON object such as " + example,
                        text -> Optional.of(text).filter(StoryReader::isObject)));
    }

    private static boolean isObject(String text) {
        try {
            return JSON.readTree(Story.filled(text, LONG_AGO)).isObject();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private Optional<Act.Put> put(Element element) {
        var section = new Section(element, List.of("file", "zip", "at"));
        var name = section.require("file", "file: packages/golf.zip")
                .flatMap(e -> e.text(
                        "a place in the scratch folder such as packages/golf.zip",
                        text -> Optional.of(text)
                                .filter(t -> t.matches("[A-Za-z0-9_-][A-Za-z0-9_./-]*") && !t.contains(".."))));
        var entries = new LinkedHashMap<String, String>();
        section.require("zip", "zip: { imsmanifest.xml: … }")
                .map(Element::entries)
                .orElse(Map.of())
                .forEach((entry, e) -> e.text().ifPresent(text -> entries.put(entry, text)));
        var at = section.find("at")
                .flatMap(e -> e.text("a time such as 2026-02-01T00:00:00Z", StoryReader::time))
                .orElse(LONG_AGO);
        return name.map(place -> new Act.Put(place, entries, at));
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
