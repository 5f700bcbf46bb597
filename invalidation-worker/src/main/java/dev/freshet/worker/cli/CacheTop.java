package dev.freshet.worker.cli;

import dev.freshet.cache.Seen;
import dev.freshet.cache.Survey.Heat;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is asked for most, as far as Redis notes it. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        description = {
            "List what is asked for most",
            "By the count that Redis keeps under an LFU policy (maxmemory-policy allkeys-lfu), else by how lately it was"
                    + " read. Looks at a part of a large cache and says how much. COUNT is logarithmic, 0 to 255."
        })
final class CacheTop implements Runnable {
    /** What audits and other commands looked at seems read to Redis; only the entry says better. */
    private static final int OTHERS = 200;

    /** What nobody has read yet, such as what was warmed, seems idle since 1970. */
    private static final Duration EVER = Duration.ofDays(10_000);

    private static final Comparator<Row> HOTTEST = Comparator.<Row>comparingInt(
                    row -> -row.heat.frequency().orElse(0))
            .thenComparing(row -> row.seen.idle().orElse(Duration.ZERO));

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "-n", paramLabel = "N", defaultValue = "20", description = "How many (default: 20)")
    private int count = 20;

    @Option(
            names = "--sample",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Look at this many at the most (default: ${DEFAULT-VALUE})")
    private int sample = 10_000;

    @Mixin
    private JsonOption json = new JsonOption();

    CacheTop(Terminal terminal) {
        this.terminal = terminal;
    }

    private record Row(Heat heat, Seen seen) {
        /** Since a reader asked for it; empty where none ever did, or Redis notes nothing. */
        Optional<Duration> idle() {
            return seen.idle().filter(Row::isPossible);
        }

        /** When it was read last; "-" where Redis notes nothing. */
        String lastRead() {
            return seen.idle()
                    .map(idle -> isPossible(idle) ? Terminal.span(idle) : "never")
                    .orElse("-");
        }

        private static boolean isPossible(Duration idle) {
            return idle.compareTo(EVER) < 0;
        }
    }

    private record Top(List<Row> rows, int looked) {
        boolean isCounted() {
            return rows.stream().anyMatch(row -> row.heat.frequency().isPresent());
        }
    }

    @Override
    public void run() {
        if (count < 1 || sample < 1) {
            throw new ParameterException(spec.commandLine(), "-n and --sample must be at least 1");
        }
        var top = terminal.withCache(this::look);
        var views = ViewNames.byFingerprint(terminal);
        Function<Row, String> view = row -> {
            var key = row.heat.key();
            return views.getOrDefault(key.substring(0, Math.max(0, key.indexOf(':'))), "-");
        };
        if (json.wanted()) {
            var keys = top.rows.stream().map(row -> asMap(row, view.apply(row))).toList();
            terminal.json(Map.of("by", top.isCounted() ? "frequency" : "idle", "looked", top.looked, "keys", keys));
        } else if (top.rows.isEmpty()) {
            terminal.line("nothing is cached");
        } else {
            terminal.table(
                    List.of("VIEW", top.isCounted() ? "COUNT" : "IDLE", "SIZE", "AGE", "FRESH FOR", "KEY"),
                    top.rows.stream().map(row -> cells(row, view.apply(row))).toList());
            terminal.line("looked at " + Cache.values(top.looked) + "; the hottest first, by "
                    + (top.isCounted() ? "how often Redis saw them read" : "when they were last read"));
        }
    }

    private Top look(OpenCache open) {
        var keys = open.survey().sample(sample, key -> true);
        var heat =
                open.survey().heat(keys).stream().sorted().limit(count + OTHERS).toList();
        var seen = open.survey().heads(heat.stream().map(Heat::key).toList()).stream()
                .collect(Collectors.toMap(Seen::key, Function.identity()));
        var rows = heat.stream()
                .flatMap(one -> Stream.ofNullable(seen.get(one.key())).map(entry -> new Row(one, entry)))
                .sorted(HOTTEST)
                .limit(count)
                .toList();
        return new Top(rows, keys.size());
    }

    private static List<String> cells(Row row, String view) {
        var frequency = row.heat.frequency();
        return List.of(
                view,
                frequency.isPresent() ? String.valueOf(frequency.getAsInt()) : row.lastRead(),
                Terminal.size(row.seen.bytes()),
                Terminal.span(OpenCache.age(row.seen)),
                row.seen.isHit() ? Terminal.span(OpenCache.freshFor(row.seen)) : "over",
                row.heat.key());
    }

    private static Map<String, @Nullable Object> asMap(Row row, String view) {
        var frequency = row.heat.frequency();
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("view", view);
        fields.put("key", row.heat.key());
        fields.put("frequency", frequency.isPresent() ? frequency.getAsInt() : null);
        fields.put("idleSeconds", row.idle().map(Duration::toSeconds).orElse(null));
        fields.put("bytes", row.seen.bytes());
        fields.put("ageSeconds", OpenCache.age(row.seen).toSeconds());
        fields.put("freshForSeconds", OpenCache.freshFor(row.seen).toSeconds());
        fields.put("keptForSeconds", row.seen.left().toSeconds());
        fields.put("hit", row.seen.isHit());
        return fields;
    }
}
