package dev.freshet.worker.cli;

import dev.freshet.cache.Hot;
import dev.freshet.cache.Seen;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.Rewarm;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.settings.SettingException;
import dev.freshet.worker.view.CachedViews;
import dev.freshet.worker.view.Warming;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads values before their readers come, few at a time, so that those who read now do not notice. */
@Command(
        name = "warm",
        mixinStandardHelpOptions = true,
        description = {
            "Load values before their readers come",
            "What the catalog's warm names, what the cache knows and readers would not get (after a restart of Redis, or past"
                    + " its ttl), what was read last first, and views that need no parameter. With parameters: that one value. One statement at a time,"
                    + " at most --rate values a second. Views that say 'rewarm: never' are left out."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet cache warm                              everything that is known",
            "  freshet cache warm statistics dashboard",
            "  freshet cache warm enrollments cohortId=3 page=1"
        })
final class CacheWarm implements Callable<Integer> {
    private static final int MOST_KNOWN = 100_000;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..*",
            paramLabel = "VIEW|name=value",
            description = "Views of the catalog (default: all); or one, and its parameters")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100",
            description = "Values a second (default: ${DEFAULT-VALUE})")
    private int rate = 100;

    @Mixin
    private JsonOption json = new JsonOption();

    CacheWarm(Terminal terminal) {
        this.terminal = terminal;
    }

    /** @param current those that readers get already */
    private record Wanted(List<Hot> cold, int current) {}

    private record Done(int stored, int left, int current) {}

    @Override
    public Integer call() throws SQLException, InterruptedException {
        if (rate < 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--rate must be at least 1");
        }
        var catalog = terminal.catalog();
        var given = ViewNames.apart(words);
        var names = new ViewNames(spec);
        var views = names.views(catalog, given.getOrDefault(false, List.of()));
        var pairs = given.getOrDefault(true, List.of());
        if (!pairs.isEmpty() && views.size() != 1) {
            throw new CommandLine.ParameterException(spec.commandLine(), "parameters go with one view; name it");
        }
        var one = pairs.isEmpty()
                ? Optional.<Hot>empty()
                : Optional.of(CachedViews.hot(views.getFirst(), names.values(views.getFirst(), pairs)));
        var warmed =
                views.stream().filter(view -> view.rewarm() != Rewarm.NEVER).toList();
        if (warmed.isEmpty()) {
            json.print(terminal, asMap(new Done(0, 0, 0)), "nothing to do: rewarm is never");
            return ExitCode.OK;
        }
        try (var database = terminal.database()
                .orElseThrow(() -> new SettingException("DATABASE_URL is not set; values are loaded from there"))) {
            requireThere(database);
            var done = terminal.withCache(open -> {
                var cached = new CachedViews(open.cache(), catalog, database, 1);
                var named = one.isPresent() ? List.<Hot>of() : named(new Warming(cached, database), warmed);
                return warm(open, cached, database, wanted(open, warmed, one, named));
            });
            report(done);
            return done.left > 0 && done.stored == 0 ? ExitCode.SOFTWARE : ExitCode.OK;
        }
    }

    private static void requireThere(Database database) {
        try {
            database.ping();
        } catch (SQLException e) {
            throw database.away(e);
        }
    }

    /** What the views' own SQL names. */
    private static List<Hot> named(Warming warming, List<View> views) {
        var named = new ArrayList<Hot>();
        for (var view : views) {
            try {
                named.addAll(warming.named(view).values());
            } catch (SQLException e) {
                throw new SettingException("the SQL of views." + view.name() + ".warm failed: " + e.getMessage());
            }
        }
        return named;
    }

    /** The one that was asked for, or whatever is known, is named, and needs no parameters. */
    private static Wanted wanted(OpenCache open, List<View> views, Optional<Hot> one, List<Hot> worth) {
        var named = new LinkedHashMap<String, Hot>();
        worth.forEach(hot -> named.put(hot.key(), hot));
        one.ifPresentOrElse(
                hot -> named.put(hot.key(), hot),
                () -> views.forEach(view -> withoutParameters(view).ifPresent(hot -> named.put(hot.key(), hot))));
        var fingerprints = views.stream().map(View::fingerprint).collect(Collectors.toSet());
        var seen = new ArrayList<Seen>();
        if (one.isEmpty()) {
            open.survey().walk("*", page -> {
                seen.addAll(open.survey()
                        .heads(page.stream()
                                .filter(key -> fingerprints.contains(key.substring(0, Math.max(0, key.indexOf(':')))))
                                .toList()));
                return seen.size() < MOST_KNOWN;
            });
        } else {
            seen.addAll(open.survey().heads(named.keySet()));
        }
        var cold = new LinkedHashMap<String, Hot>(named);
        seen.stream()
                .sorted(Comparator.comparing((Seen entry) -> entry.entry().lastRead())
                        .reversed())
                .forEach(entry -> cold.put(
                        entry.key(),
                        new Hot(
                                entry.key(),
                                entry.entry().origin(),
                                entry.entry().lastRead())));
        int current = 0;
        for (var entry : seen) {
            if (entry.isHit() && cold.remove(entry.key()) != null) {
                current++;
            }
        }
        return new Wanted(List.copyOf(cold.values()), current);
    }

    private static Optional<Hot> withoutParameters(View view) {
        try {
            return Optional.of(CachedViews.hot(view, view.parse(Map.of())));
        } catch (ParameterException e) {
            return Optional.empty();
        }
    }

    private Done warm(OpenCache open, CachedViews views, Database database, Wanted wanted) {
        try {
            var done = new Warming(views, database)
                    .run(
                            wanted.cold(),
                            rate,
                            () -> true,
                            stored -> terminal.progress(
                                    "warmed " + stored + " of " + wanted.cold().size()));
            terminal.progress("");
            open.fleet().runOnce(); // these loads count too
            return new Done(done.stored(), done.left(), wanted.current());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void report(Done done) {
        var left =
                done.left == 0 ? "" : "; " + done.left + " left to their readers (being loaded or changed, or refused)";
        var current = done.current == 0 ? "" : "; " + done.current + " already current";
        json.print(
                terminal,
                asMap(done),
                done.stored + done.left + done.current == 0
                        ? "there is nothing to warm: nothing is known, and every view needs parameters"
                        : "warmed " + Cache.values(done.stored) + current + left);
    }

    private static Map<String, Object> asMap(Done done) {
        return Map.of("warmed", done.stored, "current", done.current, "left", done.left);
    }
}
