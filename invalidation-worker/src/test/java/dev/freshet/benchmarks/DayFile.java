package dev.freshet.benchmarks;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.freshet.catalog.Claims;
import dev.freshet.catalog.Story;
import dev.freshet.catalog.Story.Signed;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What happens on the day of an application, as a file beside this class says it.
 *
 * @param setup SQL that fills its tables
 * @param faster how many times as fast as the day it is replayed, the ttls as much shorter
 * @param sessions how many are signed in, the session of one of whom is looked up before each read; null for none
 * @param tokens who reads what is not for everybody, by the name in {@code as}
 */
record DayFile(
        String setup,
        int faster,
        int readsAnHour,
        int changesAnHour,
        @Nullable Integer sessions,
        @Nullable Map<String, Token> tokens,
        List<Reader> readers,
        List<Writer> writers) {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /**
     * Of somebody, or of many who differ by what was drawn.
     *
     * @param token whose it is, of the catalog's issuers
     */
    record Token(String token, Map<String, String> claims) {
        private Story.Reader of(Map<String, String> drawn) {
            var filled = new HashMap<>(claims);
            filled.replaceAll((name, value) -> filled(value, drawn));
            return new Story.Reader(token, new Claims(filled, Map.of()), Signed.RIGHT);
        }
    }

    /**
     * One value of a view. In its parameters, {@code {name}} stands for what was drawn.
     *
     * @param as whose token is sent; null for none
     */
    record Look(
            String view,
            @Nullable Map<String, String> params,
            @Nullable String as) {
        /** As in a request, such as {@code cohortId=3&page=1}; empty when there are none. */
        String query(Map<String, String> drawn) {
            return orEmpty(params).entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(e -> e.getKey() + "=" + filled(e.getValue(), drawn))
                    .reduce((a, b) -> a + "&" + b)
                    .orElse("");
        }
    }

    /** Where a change shows, and by which text. */
    record Shows(
            String view,
            @Nullable Map<String, String> params,
            @Nullable String as,
            String text) {
        Look look() {
            return new Look(view, params, as);
        }
    }

    /** Who reads a value now and then, so often in comparison with the others. */
    record Reader(
            int weight,
            @Nullable Map<String, String> draw,
            String view,
            @Nullable Map<String, String> params,
            @Nullable String as) {
        Look look() {
            return new Look(view, params, as);
        }
    }

    /**
     * Who changes something.
     *
     * @param sql what is changed; where there is no body, this is all that happens, and triggers tell
     * @param site who sends the body to ingest, which does the same as the SQL
     * @param route where the application sends the body in place of a site, such as {@code PUT /api/courses}
     * @param deletes what the handler of a dashboard without Freshet knows to delete
     */
    record Writer(
            int weight,
            @Nullable Map<String, String> draw,
            String sql,
            @Nullable String site,
            @Nullable String topic,
            @Nullable String route,
            @Nullable String body,
            @Nullable Shows shows,
            List<Look> deletes) {}

    /** @throws IllegalArgumentException when there is no such day */
    static DayFile read(String catalog) {
        try (var file = DayFile.class.getResourceAsStream("day-" + catalog + ".yaml")) {
            if (file == null) {
                throw new IllegalArgumentException("there is no day of " + catalog);
            }
            return YAML.readValue(file, DayFile.class);
        } catch (IOException e) {
            throw new IllegalArgumentException("the day of " + catalog + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Whose token is sent for this; empty for none. */
    Optional<Story.Reader> as(Look look, Map<String, String> drawn) {
        return Optional.ofNullable(look.as())
                .map(name ->
                        Objects.requireNonNull(orEmpty(tokens).get(name), name).of(drawn));
    }

    Reader reader(Random random) {
        int at = random.nextInt(readers.stream().mapToInt(Reader::weight).sum());
        for (var reader : readers) {
            at -= reader.weight;
            if (at < 0) {
                return reader;
            }
        }
        throw new AssertionError();
    }

    Writer writer(Random random) {
        int at = random.nextInt(writers.stream().mapToInt(Writer::weight).sum());
        for (var writer : writers) {
            at -= writer.weight;
            if (at < 0) {
                return writer;
            }
        }
        throw new AssertionError();
    }

    /**
     * A value for each name, in the order of the file: {@code zipf N} and {@code uniform N} are from 1 to N, {@code one of A B
     * …} is one of these, {@code group of NAME N} is the group from 1 to N that the number NAME is in.
     */
    static Map<String, String> drawn(@Nullable Map<String, String> draw, Random random) {
        return drawn(draw, random, Map.of());
    }

    /** @param known values that were not drawn */
    static Map<String, String> drawn(@Nullable Map<String, String> draw, Random random, Map<String, String> known) {
        var values = new HashMap<>(known);
        orEmpty(draw).forEach((name, how) -> {
            var words = how.split(" ", -1);
            values.put(
                    name,
                    switch (words[0]) {
                        case "zipf" -> Integer.toString(zipf(Integer.parseInt(words[1]), random));
                        case "uniform" -> Integer.toString(1 + random.nextInt(Integer.parseInt(words[1])));
                        case "one" -> words[2 + random.nextInt(words.length - 2)];
                        case "group" -> {
                            int number = Integer.parseInt(Objects.requireNonNull(values.get(words[2])));
                            yield Integer.toString(1 + number % Integer.parseInt(words[3]));
                        }
                        default -> throw new IllegalArgumentException("nothing is drawn as '" + how + "'");
                    });
        });
        return values;
    }

    /** Chances that fall as 1/rank, nearly: those of a continuous rank. */
    private static int zipf(int count, Random random) {
        return Math.min(count, (int) Math.pow(count + 1.0, random.nextDouble()));
    }

    static String filled(String text, Map<String, String> drawn) {
        var filled = text;
        for (var value : drawn.entrySet()) {
            filled = filled.replace("{" + value.getKey() + "}", value.getValue());
        }
        return filled;
    }

    private static <T> Map<String, T> orEmpty(@Nullable Map<String, T> map) {
        return map == null ? Map.of() : map;
    }
}
