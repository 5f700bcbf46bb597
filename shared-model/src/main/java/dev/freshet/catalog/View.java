package dev.freshet.catalog;

import dev.freshet.model.Sha256;
import dev.freshet.model.Tag;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A cached read: where its values come from, the key they are cached under and the tags that invalidate them.
 *
 * @param route further address of the view beside {@code /views/NAME}; null when it has none
 * @param params in the order of the file
 * @param serving how long an entry serves
 * @param warm what is loaded before anybody asks; empty where nothing is
 * @param audit whether a current entry must be what the database says at any time; false where its SQL asks the
 *     clock or chance
 * @param access who may read it over HTTP
 * @param fingerprint changes with everything that changes what a cached entry means
 */
public record View(
        String name,
        @Nullable Route route,
        Template key,
        List<Parameter> params,
        Source source,
        List<Template> tags,
        Serving serving,
        Rewarm rewarm,
        Optional<Warm> warm,
        boolean audit,
        Access access,
        String fingerprint) {

    /** Where a view's values come from. */
    public sealed interface Source {

        /** Whether the same value may come in another order each time. */
        boolean isUnordered();

        /** What SQL selects. */
        record Rows(NamedSql sql, Kind kind) implements Source {
            @Override
            public boolean isUnordered() {
                return kind == Kind.ROWS && !sql.isOrdered();
            }
        }

        /**
         * Members that SQL gives scores, ranked.
         *
         * @param member the column that names a member; the same member in no two rows
         * @param score the column of the number by which they are ranked, the highest first; rows without one have no
         *     place, and so have numbers that are not finite
         * @param most how many places it has
         */
        record Board(NamedSql sql, String member, String score, int most) implements Source {
            @Override
            public boolean isUnordered() {
                return false;
            }
        }

        /**
         * What code on the class path makes.
         *
         * @param options as {@link dev.freshet.view.ViewFunction} takes them, in any order; may hold secrets
         * @param line where its name stands, counted from 1
         */
        record Function(String name, Map<String, String> options, int line) implements Source {
            public Function {
                options = Map.copyOf(options);
            }

            @Override
            public boolean isUnordered() {
                return false;
            }

            @Override
            public String toString() {
                return "function " + name;
            }
        }
    }

    public View {
        params = List.copyOf(params);
        tags = List.copyOf(tags);
    }

    /** How long an entry is fresh. */
    public Duration ttl() {
        return serving.ttl();
    }

    /**
     * A pattern for the keys of views, whatever their definition.
     *
     * @param glob of keys as the catalog writes them, such as {@code enrollments:3:*}
     */
    public static String pattern(String glob) {
        return "????????:" + glob;
    }

    static String fingerprint(Template key, List<Parameter> params, Source source, List<Template> tags) {
        var definition = switch (source) {
            case Source.Rows(var sql, var kind) ->
                String.join("\n", key.text(), params.toString(), sql.text(), tags.toString(), kind.name());
            case Source.Board(var sql, var member, var score, var most) ->
                String.join("\n", key.text(), params.toString(), sql.text(), tags.toString(), member, score, "" + most);
            case Source.Function(var name, var options, var line) ->
                String.join(
                        "\n", key.text(), params.toString(), name, new TreeMap<>(options).toString(), tags.toString());
        };
        return Sha256.hex(definition.getBytes(StandardCharsets.UTF_8)).substring(0, 8);
    }

    /** As {@link #parse(Map, Clock)}, now. */
    public Map<String, String> parse(Map<String, String> raw) {
        return parse(raw, Clock.systemUTC());
    }

    /**
     * Checks what a caller asks for.
     *
     * @param raw values as they came, by name
     * @param clock says what day it is, for dates that are today's by default
     * @return a value for each parameter, each written in the one way that its type has
     * @throws ParameterException naming the parameter that is unknown, missing or not allowed
     */
    public Map<String, String> parse(Map<String, String> raw, Clock clock) {
        for (var name : raw.keySet()) {
            if (params.stream().noneMatch(parameter -> parameter.name().equals(name))) {
                throw new ParameterException("there is no parameter " + (name.length() <= 40 ? name : "of that name")
                        + "; " + this.name + " takes "
                        + (params.isEmpty()
                                ? "none"
                                : String.join(
                                        ", ",
                                        params.stream().map(Parameter::name).toList())));
            }
        }
        var values = new LinkedHashMap<String, String>();
        params.forEach(parameter -> values.put(parameter.name(), parameter.parse(raw.get(parameter.name()), clock)));
        values.forEach(this::requireTag);
        return Collections.unmodifiableMap(values);
    }

    /** A value that lacks one of its tags would be made old by nothing. */
    private void requireTag(String name, String value) {
        tagWithout(name, value).ifPresent(tag -> {
            throw new ParameterException(name + " must not be empty, since the tag " + tag + " is made of it");
        });
    }

    /** The first tag that cannot be made with this value of a parameter. */
    private Optional<Template> tagWithout(String name, String value) {
        return value.isEmpty()
                ? tags.stream().filter(tag -> tag.placeholders().contains(name)).findFirst()
                : Optional.empty();
    }

    /**
     * As {@link #parse(Map, Clock)}, of a reader who is known by a token: what comes from its claims nobody can ask for.
     *
     * @param claims of that token; of one that this view's access lets in
     * @throws ParameterException also when a value is given that comes from the token
     * @throws ClaimException when the token does not say what a parameter must be, or says what is not allowed
     */
    public Map<String, String> request(Map<String, String> raw, Claims claims, Clock clock) {
        var all = new HashMap<>(raw);
        for (var parameter : params) {
            var claim = parameter.claim();
            if (claim != null) {
                if (raw.containsKey(parameter.name())) {
                    throw new ParameterException(parameter.name() + " comes from the token; leave it out");
                }
                var said = claims.value(claim).orElseThrow(() -> ClaimException.missing(claim));
                var value = parameter
                        .acceptClaim(said)
                        .filter(text -> tagWithout(parameter.name(), text).isEmpty());
                all.put(parameter.name(), value.orElseThrow(() -> ClaimException.refused(claim, parameter.expected())));
            }
        }
        return parse(all, clock);
    }

    /**
     * @param values from {@link #parse}
     * @return the fingerprint and the rendered key; no two sets of values share one
     */
    public String key(Map<String, String> values) {
        return fingerprint + ":" + key.fill(name -> escape(values.getOrDefault(name, "")));
    }

    /**
     * The tags of one cached value. A tag is left out when a placeholder has no value or nothing
     * but blanks stands in it; no event names such a tag either.
     *
     * @param values from {@link #parse}
     */
    public List<Tag> tags(Map<String, String> values) {
        return tags.stream()
                .flatMap(tag -> tag.render(values).stream())
                .filter(Tag::isValid)
                .map(Tag::new)
                .distinct()
                .toList();
    }

    /** Leaves no character that separates placeholders (see {@link CatalogReader}). */
    private static String escape(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("%40", "@");
    }
}
