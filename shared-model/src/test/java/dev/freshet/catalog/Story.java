package dev.freshet.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.security.PrivateKey;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A system as it can be played: its catalog, its tables with sample rows, and what happens in it. All of it is data, the
 * files {@code catalog.yaml}, {@code schema.sql}, {@code sample.sql} and {@code story.yaml} of one folder.
 *
 * @param source what {@code CATALOG} is to be: the name of a catalog, or its file
 * @param catalog read with {@code settings}; no front end has an instance
 * @param schema makes the tables; empty where there is no such file
 * @param sample fills them; empty where there is no such file
 * @param settings for the variables of the catalog, secrets among them; {@code {scratch}} in a value is a folder of this play
 * @param rsa signs tokens where a setting is {@code {rsa}}, its public key
 * @param files that are there from the start
 * @param readers who reads, by name
 * @param reads what is read, by the names that scenes call it
 * @param toTry what a person may paste
 * @param ends counts at the end by name, such as {@code dead}; what is not named may be anything
 */
public record Story(
        String source,
        Catalog catalog,
        String schema,
        String sample,
        Map<String, String> settings,
        Optional<PrivateKey> rsa,
        List<Act.Put> files,
        Map<String, Reader> readers,
        Map<String, Read> reads,
        Optional<Try> toTry,
        List<Scene> scenes,
        Map<String, Long> ends) {

    private static final String VIEWS = "/views/";

    /** Which part of a leaderboard is read; no parameters of the view. */
    private static final Set<String> RANGES = Set.of("top", "member", "around");

    /** What {@link #ends} may name. */
    public static final List<String> COUNTS = List.of("deliveries", "applied", "rewarmed", "callbacks", "dead", "lost");

    /**
     * @param path of a cached read, such as {@code /api/users/7}
     * @param as whose token is sent; empty for none
     */
    public record Read(String path, Optional<Reader> as) {}

    /**
     * Somebody with a token.
     *
     * @param issuer who is to have signed it
     * @param signed WRONG for one that somebody else has signed
     */
    public record Reader(String issuer, Claims claims, Signed signed) {}

    /**
     * @param reads what is changed shows in the first of them
     * @param pages where an application of pages shows it; empty for nowhere
     */
    public record Try(List<Read> reads, Act change, String pages) {}

    /**
     * Something that happens, and what must come of it.
     *
     * @param line where it stands, counted from 1
     * @param says what a person is told it is
     * @param answer the status of the answer and, where given, what it says: {@code 200 duplicate}; empty where it is not
     *     looked at
     * @param note printed behind the answer; may be empty
     * @param fresh names of reads whose values are loaded again; all others stay as they are
     * @param told tags that the front end is told, and no others
     * @param dead how many dead letters there are then; empty where it is not looked at
     */
    public record Scene(
            int line,
            String says,
            Act act,
            Optional<String> answer,
            String note,
            Set<String> fresh,
            Set<String> told,
            Optional<Long> dead) {}

    /** What is done. */
    public sealed interface Act {
        /** A line between scenes. */
        record Chapter(String text) implements Act {}

        /** A value is shown, as it was at first and as it is now. */
        record Show(String read) implements Act {}

        /**
         * A delivery of a site.
         *
         * @param topic where the site says it in a header; else empty
         */
        record Webhook(Site site, String topic, String body, Signed signed) implements Act {}

        /** An event of the application, which waits until it is applied. */
        record Event(Site site, String topic, String payload) implements Act {}

        /** A write of the application. */
        record Write(Site site, Route route, String payload) implements Act {}

        /** A change that nobody tells of. */
        record Sql(String text) implements Act {}

        /** Anything that {@code freshet serve} answers. */
        record Get(Read read) implements Act {}

        /**
         * A file is written.
         *
         * @param file its place in the scratch folder
         * @param entries what the zip file holds, by name
         * @param at when it says that it was written
         */
        record Put(String file, Map<String, String> entries, Instant at) implements Act {}

        /** A server is stopped, this happens, and it is started again. */
        record Outage(Server server, List<Scene> scenes) implements Act {}
    }

    /** How a delivery is signed. */
    public enum Signed {
        RIGHT,
        WRONG,
        NONE
    }

    /** What may be away. */
    public enum Server {
        QUEUE,
        CACHE
    }

    /** One value of a view. */
    public record Asked(View view, Map<String, String> values) {
        public String key() {
            return view.key(values);
        }
    }

    /**
     * @param source a catalog that comes with Freshet, a folder, or the catalog's file in one
     * @throws CatalogException naming file, line and remedy of everything that is wrong
     */
    public static Story read(String source) {
        return StoryReader.read(source);
    }

    /** Who reads, to stand behind the path: {@code  as Ada}; empty for nobody. */
    public String as(Read read) {
        return read.as().flatMap(this::name).map(name -> " as " + name).orElse("");
    }

    private Optional<String> name(Reader reader) {
        return readers.entrySet().stream()
                .filter(entry -> entry.getValue().equals(reader))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** Texts say the time: {@code {now}}, {@code {unix}} and {@code {today}}, all in UTC. */
    public static String filled(String text, Instant now) {
        return text.replace("{now}", now.toString())
                .replace("{unix}", String.valueOf(now.getEpochSecond()))
                .replace("{today}", now.toString().substring(0, 10));
    }

    /**
     * Which value a path is about.
     *
     * @param read of a route or {@code /views/NAME}, with its query
     * @return empty when no view answers there
     * @throws ParameterException when the view does not take these parameters
     * @throws ClaimException when the token does not say what the view must know
     */
    public static Optional<Asked> ask(Catalog catalog, Read read) {
        var path = read.path();
        var claims = read.as().map(Reader::claims).orElse(Claims.NONE);
        int mark = path.indexOf('?');
        var bare = mark < 0 ? path : path.substring(0, mark);
        var query = mark < 0 ? "" : path.substring(mark + 1);
        if (bare.startsWith(VIEWS)) {
            return Optional.ofNullable(catalog.views().get(bare.substring(VIEWS.length())))
                    .map(view -> asked(view, Map.of(), query, claims));
        }
        return catalog.views().values().stream()
                .sorted(Comparator.comparingInt(Story::placeholders))
                .flatMap(view -> values(view, bare).map(values -> asked(view, values, query, claims)).stream())
                .findFirst();
    }

    private static int placeholders(View view) {
        return view.route() == null
                ? 0
                : new Template(view.route().path()).placeholders().size();
    }

    private static Asked asked(View view, Map<String, String> fromPath, String query, Claims claims) {
        var values = new HashMap<>(fromPath);
        Arrays.stream(query.split("&"))
                .filter(part -> !part.isEmpty())
                .map(part -> part.split("=", 2))
                .forEach(part -> values.put(part[0], part.length < 2 ? "" : decoded(part[1])));
        if (view.source() instanceof View.Source.Board) {
            values.keySet().removeAll(RANGES);
        }
        return new Asked(view, view.request(values, claims, Clock.systemUTC()));
    }

    private static Optional<Map<String, String>> values(View view, String path) {
        if (view.route() == null) {
            return Optional.empty();
        }
        var template = view.route().path();
        var names = List.copyOf(new Template(template).placeholders());
        var pattern = Arrays.stream(template.split("\\{[^}]*}", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("([^/]+)"));
        var matcher = Pattern.compile(pattern).matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var values = new HashMap<String, String>();
        for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), decoded(matcher.group(i + 1)));
        }
        return Optional.of(values);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, UTF_8);
    }
}
