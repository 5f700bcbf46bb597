package dev.freshet.worker.cli;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Event;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Page;
import dev.freshet.catalog.Score;
import dev.freshet.catalog.Site;
import dev.freshet.catalog.Template;
import dev.freshet.catalog.UnreadableException;
import dev.freshet.catalog.View;
import dev.freshet.db.Query;
import dev.freshet.model.Tag;
import dev.freshet.settings.Spelling;
import dev.freshet.worker.frontend.Version;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what a delivery would change, and touches nothing. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description = {
            "Print what a delivery would change, and touch nothing",
            "What is read from it, what is looked up, which tags, pages and cached reads become fresh. The database is "
                    + "read in a transaction that cannot write.",
            "Ends with 1 when the delivery cannot be read and would become a dead letter. What PostgreSQL would say to its "
                    + "values is known only when it is applied."
        },
        footerHeading = "%nExample:%n",
        footer = "  freshet explain enrollment.completed enrollment.completed.json")
final class Explain implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "What happened, such as enrollment.created")
    private String topic = "";

    @Parameters(index = "1", paramLabel = "BODY", description = "The delivery's JSON; - reads it from the input")
    private String file = "";

    @Option(names = "--site", paramLabel = "NAME", description = "Who sends it (default: any that the rule accepts)")
    private Optional<String> site = Optional.empty();

    @Mixin
    private JsonOption json = new JsonOption();

    Explain(Terminal terminal) {
        this.terminal = terminal;
    }

    /** @param stored the version that was applied last */
    private record Now(List<Map<String, @Nullable String>> rows, Optional<Long> stored) {}

    @Override
    public Integer call() throws IOException, SQLException {
        var catalog = terminal.catalog();
        var body = terminal.read(file);
        var rule = rule(catalog);
        if (rule.isEmpty()) {
            show(
                    Map.of("topic", topic, "outcome", "ignored"),
                    "ignored: " + catalog.file() + " says nothing about " + topic
                            + site.map(name -> " from " + name).orElse("")
                            + "; it would be accepted and change nothing"
                            + Spelling.nearest(topic, catalog.events().keySet())
                                    .filter(near -> !near.equals(topic))
                                    .map(near -> "; did you mean " + near + "?")
                                    .orElse(""));
            return ExitCode.OK;
        }
        try {
            var event = rule.get().read(body, Instant.now());
            explain(catalog, rule.get(), event);
            return ExitCode.OK;
        } catch (UnreadableException e) {
            show(Map.of("topic", topic, "outcome", "dead", "error", e.getMessage()), "dead letter: " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
    }

    private Optional<EventRule> rule(Catalog catalog) {
        var senders = site.map(List::of)
                .orElseGet(
                        () -> catalog.sites().values().stream().map(Site::name).toList());
        return senders.stream()
                .flatMap(name -> catalog.rule(topic, name).stream())
                .findFirst();
    }

    private void explain(Catalog catalog, EventRule rule, Event event) throws SQLException {
        var now = look(catalog, rule, event);
        var rows = now.map(Now::rows).orElse(List.of());
        var tags = rule.tags(event, rows);
        var report = new LinkedHashMap<String, @Nullable Object>();
        report.put("topic", topic);
        report.put("outcome", outcome(rule, event, now));
        event.version().ifPresent(version -> {
            report.put("identity", version.identity());
            report.put("version", version.number());
        });
        now.flatMap(Now::stored).ifPresent(stored -> report.put("appliedVersion", stored));
        report.put("parameters", event.parameters());
        report.put("apply", rule.apply() == null ? null : rule.apply().text());
        report.put("lookup", lookup(rule, now));
        report.put("tags", tags.stream().map(Tag::name).toList());
        var pages = rule.pages(event, rows);
        report.put("paths", pages.stream().map(Page::path).distinct().sorted().toList());
        var versions = versions(pages);
        if (!versions.isEmpty()) {
            report.put("pageVersions", versions);
        }
        var scores = rule.scores(event, rows);
        if (!scores.isEmpty()) {
            report.put("scores", scores.stream().map(Explain::text).toList());
        }
        report.put("reads", reads(catalog.views().values(), tags));
        if (json.wanted()) {
            terminal.json(report);
        } else {
            report.forEach(this::print);
        }
    }

    /** Such as {@code leaderboard {period=week}: 7}. */
    private static String text(Score score) {
        return score.board() + (score.values().isEmpty() ? "" : " " + score.values()) + ": " + score.member();
    }

    /** How new the pages must be at least, by path. */
    private static SortedMap<String, String> versions(Collection<Page> pages) {
        var versions = new TreeMap<String, Version>();
        pages.forEach(page -> page.version()
                .filter(Version::isValid)
                .ifPresent(text -> versions.merge(page.path(), new Version(text), Version::newer)));
        var texts = new TreeMap<String, String>();
        versions.forEach((path, version) -> texts.put(path, version.text()));
        return texts;
    }

    /** The rows of now and the version applied last, from a transaction that may not write; empty without a database. */
    private Optional<Now> look(Catalog catalog, EventRule rule, Event event) throws SQLException {
        var found = terminal.database();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (var database = found.get();
                var connection = database.connection()) {
            connection.setReadOnly(true);
            connection.setAutoCommit(false);
            try {
                var rows = rule.lookup() == null
                        ? List.<Map<String, @Nullable String>>of()
                        : new Query(rule.lookup())
                                .rows(connection, List.of(event.parameters()))
                                .getFirst();
                return Optional.of(new Now(rows, stored(connection, catalog, event)));
            } finally {
                connection.rollback();
            }
        }
    }

    private static Optional<Long> stored(Connection connection, Catalog catalog, Event event) throws SQLException {
        if (event.version().isEmpty() || !hasVersions(connection)) {
            return Optional.empty();
        }
        try (var statement = connection.prepareStatement("select version from freshet.versions where identity = ?")) {
            statement.setString(
                    1, catalog.application() + "/" + event.version().get().identity());
            try (var rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(rows.getLong(1)) : Optional.empty();
            }
        }
    }

    static boolean hasVersions(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select to_regclass('freshet.versions') is not null")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static String outcome(EventRule rule, Event event, Optional<Now> now) {
        if (rule.apply() == null) {
            return "invalidates only; there is nothing to apply";
        }
        long offered = event.version().map(Event.Version::number).orElse(Long.MAX_VALUE);
        long applied = now.flatMap(Now::stored).orElse(Long.MIN_VALUE);
        return offered < applied
                ? "overtaken: a newer version was applied; its tags are invalidated all the same"
                : "would be applied, unless PostgreSQL refuses a value"
                        + (now.isEmpty() && event.version().isPresent() ? " or has a newer version" : "");
    }

    private static @Nullable Object lookup(EventRule rule, Optional<Now> now) {
        if (rule.lookup() == null) {
            return null;
        }
        return now.<Object>map(Now::rows)
                .orElse("not run: DATABASE_URL is not set, so tags, paths and reads are incomplete");
    }

    /** The cached reads that carry one of the tags, an asterisk for every parameter that the tag leaves open. */
    private static SortedSet<String> reads(Collection<View> views, Collection<Tag> tags) {
        var reads = new TreeSet<String>();
        for (var view : views) {
            for (var template : view.tags()) {
                tags.forEach(tag -> match(template, tag.name()).ifPresent(values -> reads.add(pattern(view, values))));
            }
        }
        return reads;
    }

    /** The values with which a template gives this tag; empty when none do. */
    private static Optional<Map<String, String>> match(Template template, String tag) {
        var regex = Arrays.stream(template.text().split("\\{\\w+}", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("(.+)"));
        var matcher = Pattern.compile(regex).matcher(tag);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var values = new LinkedHashMap<String, String>();
        int group = 1;
        for (var name : template.placeholders()) {
            values.put(name, matcher.group(group++));
        }
        return Optional.of(values);
    }

    private static String pattern(View view, Map<String, String> values) {
        var key = view.key().text();
        for (var name : view.key().placeholders()) {
            key = key.replace("{" + name + "}", values.getOrDefault(name, "*"));
        }
        return key;
    }

    private void show(Map<String, Object> report, String sentence) {
        if (json.wanted()) {
            terminal.json(report);
        } else {
            terminal.line(sentence);
        }
    }

    private void print(String name, @Nullable Object value) {
        switch (value) {
            case null -> terminal.line(name + ": none");
            case Map<?, ?> map -> {
                terminal.line(name + ":");
                map.forEach((key, item) -> terminal.line("  " + key + " = " + item));
            }
            case Collection<?> items when items.isEmpty() -> terminal.line(name + ": none");
            case Collection<?> items -> {
                terminal.line(name + ":");
                items.forEach(item -> terminal.line("  " + item));
            }
            case String text
            when text.contains("\n") -> {
                terminal.line(name + ":");
                text.lines().forEach(line -> terminal.line("  " + line));
            }
            default -> terminal.line(name + ": " + value);
        }
    }
}
