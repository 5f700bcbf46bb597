package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freshet.cache.Boards;
import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.Seen;
import dev.freshet.cache.Seen.Epoch;
import dev.freshet.catalog.View;
import dev.freshet.model.Tag;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The cache: what lies in it, what is asked for, and how to empty or fill it. */
@Command(
        name = "cache",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "The cache: what lies in it, how it is read, and how to empty or fill it",
            "None of this is needed for fresh values: a change makes what depends on it fresh by itself. It needs"
                    + " REDIS_CACHE_URL (or REDIS_URL) and CATALOG, 'warm' also DATABASE_URL."
        },
        commandListHeading = "Commands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet cache stats                                 how often the cache had the answer",
            "  freshet cache get enrollments cohortId=3            what a reader of cohort 3 would get, and why",
            "  freshet cache clear --view enrollments --dry-run    how many values that would remove",
            "  freshet cache top -n 10                             what is asked for most"
        })
final class Cache {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Cache(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Show one cached value: whether a reader gets it, and why not",
                "Takes a view and its parameters as HTTP does, or a key. Looking makes the value no hotter. Ends with 1 when it is not cached. The value may hold personal data."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  freshet cache get enrollments cohortId=3 page=2",
                "  freshet cache get --key 1f0c2d3e:enrollments:3:2"
            })
    int get(
            @Parameters(arity = "0..1", paramLabel = "VIEW", description = "A view of the catalog") @Nullable String view,
            @Parameters(index = "1..*", arity = "0..*", paramLabel = "name=value", description = "Its parameters")
                    @Nullable List<String> parameters,
            @Option(names = "--key", paramLabel = "KEY", description = "A key, as 'top' prints it")
                    Optional<String> key,
            @Mixin JsonOption json) {
        if ((view == null) == key.isEmpty()) {
            throw misuse("get", "name either a view or --key");
        }
        var wanted = key.orElseGet(() -> key(String.valueOf(view), parameters == null ? List.of() : parameters));
        var found = terminal.withCache(open -> open.survey().look(List.of(wanted)));
        if (found.isEmpty()) {
            if (json.wanted()) {
                terminal.json(Map.of("key", wanted, "cached", false));
            } else {
                terminal.error(wanted + " is not cached");
            }
            return ExitCode.SOFTWARE;
        }
        var board = terminal.withCache(open -> new Boards(open.cache()).condition(found.getFirst()));
        if (json.wanted()) {
            terminal.json(details(found.getFirst(), board));
        } else {
            print(found.getFirst(), board);
        }
        return ExitCode.OK;
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Remove cached values; the next read of each loads it again",
                "Needs one of --all, --view, --tag, --pattern, --buckets. Front ends are not told. Nothing is lost but time: the values are in the database."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  freshet cache clear --tag cohort:3 --tag statistics",
                "  freshet cache clear --pattern 'enrollments:3:*' --dry-run"
            })
    int clear(
            @Option(names = "--all", description = "Everything under this key prefix") boolean all,
            @Option(names = "--view", paramLabel = "VIEW", description = "All values of a view") Optional<String> view,
            @Option(names = "--tag", paramLabel = "TAG", description = "What carries a tag, as a change would")
                    @Nullable List<String> tags,
            @Option(
                            names = "--pattern",
                            paramLabel = "GLOB",
                            description =
                                    "Keys that match as the catalog writes them, without the eight digits in front that 'top' prints; * for any text, ? for any character")
                    Optional<String> pattern,
            @Option(
                            names = "--buckets",
                            paramLabel = "N",
                            description =
                                    "Everything, and keep the cache in N buckets from now on (1, or 128 on a cluster); stop all processes first")
                    @Nullable Integer buckets,
            @Option(names = "--dry-run", description = "Say what would be removed, and change nothing") boolean dryRun,
            @Mixin JsonOption json) {
        int ways = (all ? 1 : 0)
                + (view.isPresent() ? 1 : 0)
                + (tags == null ? 0 : 1)
                + (pattern.isPresent() ? 1 : 0)
                + (buckets == null ? 0 : 1);
        if (ways != 1) {
            throw misuse(
                    "clear",
                    (ways == 0 ? "name" : "name only")
                            + " one of --all, --view, --tag, --pattern and --buckets, so that nothing is cleared by mistake");
        }
        if (tags != null) {
            return invalidate(tags, dryRun, json);
        }
        if (buckets != null && (buckets < 1 || buckets > CacheOptions.MOST_BUCKETS)) {
            throw misuse("clear", "--buckets must be 1 to " + CacheOptions.MOST_BUCKETS + ", was " + buckets);
        }
        if (pattern.filter(String::isEmpty).isPresent()) {
            throw misuse("clear", "--pattern must not be empty; '*' is every value of every view");
        }
        var glob =
                pattern.map(View::pattern).or(() -> view.map(this::fingerprint).map(start -> start + ":*"));
        long count = terminal.withCache(open -> {
            if (dryRun) {
                return count(open, glob.orElse("*"));
            }
            if (buckets != null) {
                open.cache().changeBuckets(buckets); // first: whoever has the old number finds out
            }
            return glob.map(open.cache()::deletePattern).orElseGet(open.cache()::clear);
        });
        json.print(
                terminal,
                Map.of("removed", count, "dryRun", dryRun),
                (dryRun ? "would remove " : "removed ")
                        + values(count)
                        + (buckets == null ? "" : ", and keep the cache in " + buckets + " buckets"));
        return ExitCode.OK;
    }

    private String key(String name, List<String> pairs) {
        var names = new ViewNames(command("get"));
        var view = names.view(terminal.catalog(), name);
        return view.key(names.values(view, pairs));
    }

    private String fingerprint(String view) {
        return new ViewNames(command("clear")).view(terminal.catalog(), view).fingerprint();
    }

    private int invalidate(List<String> names, boolean dryRun, JsonOption json) {
        for (var name : names) {
            if (!Tag.isValid(name)) {
                throw misuse("clear", "--tag must be 1 to " + Tag.MAX_LENGTH + " printable characters");
            }
        }
        var tags = names.stream().map(Tag::new).distinct().sorted().toList();
        if (!dryRun) {
            terminal.withCache(open -> {
                open.cache().invalidate(tags);
                return tags;
            });
        }
        json.print(
                terminal,
                Map.of("tags", tags.stream().map(Tag::name).toList(), "dryRun", dryRun),
                (dryRun ? "would invalidate " : "invalidated ")
                        + tags.stream().map(Tag::name).collect(Collectors.joining(", ")));
        return ExitCode.OK;
    }

    private static long count(OpenCache open, String glob) {
        var count = new AtomicLong();
        open.survey().walk(glob, page -> {
            count.addAndGet(page.size());
            return true;
        });
        return count.get();
    }

    static String values(long count) {
        return count == 1 ? "1 value" : count == 0 ? "no value" : count + " values";
    }

    private static String state(Seen seen) {
        if (seen.isHit()) {
            return "current: readers get it";
        }
        if (!seen.isOfThisProcess()) {
            return "from before Redis restarted: the next read loads it again";
        }
        return seen.isCurrent()
                ? "past its ttl: the next read loads it again, and this stands in if that fails"
                : "invalidated: the next read loads it again";
    }

    private static String word(Epoch epoch) {
        return switch (epoch) {
            case CURRENT -> "current";
            case MOVED -> "invalidated, and used by newer values";
            case MISSING -> "invalidated";
        };
    }

    private Map<String, @Nullable Object> details(Seen seen, Optional<Boards.Condition> board) {
        var content = seen.entry().content();
        var fields = new LinkedHashMap<String, @Nullable Object>();
        fields.put("key", seen.key());
        fields.put("cached", true);
        fields.put("current", seen.isCurrent());
        fields.put("hit", seen.isHit());
        fields.put("loadedAt", seen.entry().loadedAt().toString());
        fields.put("ageSeconds", OpenCache.age(seen).toSeconds());
        fields.put("freshForSeconds", OpenCache.freshFor(seen).toSeconds());
        fields.put("keptForSeconds", seen.left().toSeconds());
        fields.put("etag", seen.entry().etag());
        var tags = new LinkedHashMap<String, String>();
        seen.tags().forEach((tag, epoch) -> tags.put(tag.name(), epoch.name().toLowerCase(Locale.ROOT)));
        fields.put("tags", tags);
        fields.put("bytes", content.length);
        fields.put("storedBytes", seen.entry().payload().length);
        fields.put("gzipped", seen.entry().gzipped());
        board.ifPresentOrElse(
                condition -> fields.put(
                        "board",
                        Map.of(
                                "whole", condition.isWhole(),
                                "places", condition.places(),
                                "marked", condition.marked())),
                () -> fields.put("value", value(content)));
        return fields;
    }

    private static Object value(byte[] content) {
        var text = new String(content, UTF_8);
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return text;
        }
    }

    private static String text(Boards.Condition board) {
        if (!board.isWhole()) {
            return "its rows were evicted: the next read builds it anew";
        }
        return board.places()
                + (board.places() == 1 ? " place" : " places")
                + (board.marked() == 0 ? "" : ", " + board.marked() + " marked: the next read loads them first");
    }

    private void print(Seen seen, Optional<Boards.Condition> board) {
        var content = seen.entry().content();
        terminal.line("key       " + seen.key());
        terminal.line("state     " + state(seen));
        terminal.line("loaded    " + Terminal.time(seen.entry().loadedAt()) + ", " + Terminal.span(OpenCache.age(seen))
                + " ago");
        terminal.line("lifetime  "
                + (seen.isHit() ? "fresh for " + Terminal.span(OpenCache.freshFor(seen)) + " more, " : "")
                + "kept for " + Terminal.span(seen.left()));
        seen.tags().forEach((tag, epoch) -> terminal.line("tag       " + tag + ": " + word(epoch)));
        terminal.line("size      " + Terminal.size(content.length)
                + (seen.entry().gzipped()
                        ? ", stored as " + Terminal.size(seen.entry().payload().length)
                        : ""));
        board.ifPresentOrElse(condition -> terminal.line("board     " + text(condition)), () -> {
            terminal.line("");
            terminal.line(new String(content, UTF_8));
        });
    }

    private CommandSpec command(String verb) {
        return Objects.requireNonNull(spec.subcommands().get(verb)).getCommandSpec();
    }

    private ParameterException misuse(String verb, String message) {
        return new ParameterException(spec.subcommands().get(verb), message);
    }
}
