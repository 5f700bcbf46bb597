package dev.freshet.worker.cli;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.Event;
import dev.freshet.catalog.EventRule;
import dev.freshet.catalog.Page;
import dev.freshet.catalog.UnreadableException;
import dev.freshet.db.Database;
import dev.freshet.db.Query;
import dev.freshet.model.Tag;
import dev.freshet.queue.DeadLetter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What replaying dead letters would touch, told as 'explain' tells it of one delivery and summed up. Of any number of
 * letters it holds a bounded part: what they would invalidate is counted up to {@value #MOST}.
 */
final class DlqImpact {
    private static final int MOST = 10_000;
    private static final int BATCH = 100;
    private static final int MOST_ERROR = 100;
    private static final int SHOWN = 5;

    private final Optional<Catalog> catalog;
    private final Optional<Database> database;
    private final Map<String, Integer> topics = new TreeMap<>();
    private final Map<String, Integer> errors = new TreeMap<>();
    private final NavigableSet<String> tags = new TreeSet<>();
    private final NavigableSet<String> paths = new TreeSet<>();
    private final NavigableSet<String> notes = new TreeSet<>();
    private final List<Read> open = new ArrayList<>();
    private int letters;
    private int overtaken;
    private int unreadable;
    private int ignored;
    private int bodyMissing;

    /** A letter that the catalog understands. */
    private record Read(EventRule rule, Event event) {}

    private DlqImpact(Optional<Catalog> catalog, Optional<Database> database) {
        this.catalog = catalog;
        this.database = database;
    }

    static DlqImpact of(Terminal terminal, Optional<Database> database) {
        try {
            var impact = new DlqImpact(Optional.of(terminal.catalog()), database);
            if (database.isEmpty()) {
                impact.notes.add(
                        "DATABASE_URL is not set, so what is looked up and what newer versions overtake is left out");
            }
            return impact;
        } catch (CatalogException e) {
            var impact = new DlqImpact(Optional.empty(), database);
            impact.notes.add("what it would touch is not known: " + e.getMessage());
            return impact;
        }
    }

    void add(DeadLetter letter) {
        letters++;
        count(topics, letter.job().topic().isEmpty() ? "(none)" : letter.job().topic());
        count(errors, error(letter));
        catalog.ifPresent(known -> read(known, letter));
        if (open.size() == BATCH) {
            finish();
        }
    }

    /** To be called once when all were added. */
    void finish() {
        open.stream()
                .collect(Collectors.groupingBy(Read::rule))
                .forEach((rule, same) ->
                        touch(rule, same.stream().map(Read::event).toList()));
        open.clear();
    }

    int letters() {
        return letters;
    }

    Map<String, Object> asMap() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("topics", topics);
        fields.put("errors", errors);
        fields.put("tags", tags);
        fields.put("paths", paths);
        fields.put("overtaken", overtaken);
        fields.put("unreadable", unreadable);
        fields.put("ignored", ignored);
        fields.put("bodyMissing", bodyMissing);
        fields.put("notes", notes);
        return fields;
    }

    List<String> lines() {
        var lines = new ArrayList<String>();
        if (letters > 0) {
            lines.add("by topic: " + most(topics));
            lines.add("by error: " + most(errors));
        }
        some("tags", tags).ifPresent(lines::add);
        some("paths", paths).ifPresent(lines::add);
        say(lines, overtaken, "would be overtaken by newer versions: only what depends on them is invalidated");
        say(lines, unreadable, "cannot be read, and would come back");
        say(lines, ignored, "would change nothing: the catalog says nothing about their topics");
        say(lines, bodyMissing, "cannot be replayed from here: their bodies were moved to PostgreSQL");
        lines.addAll(notes);
        return lines;
    }

    private void read(Catalog known, DeadLetter letter) {
        if (!letter.isWhole()) {
            bodyMissing++;
            return;
        }
        var job = letter.job();
        var rule = known.rule(job.topic(), job.site());
        if (rule.isEmpty()) {
            ignored++;
            return;
        }
        try {
            open.add(new Read(rule.get(), rule.get().read(job.body(), job.receivedAt())));
        } catch (UnreadableException e) {
            unreadable++;
        }
    }

    private void touch(EventRule rule, List<Event> events) {
        var rows = Collections.nCopies(events.size(), List.<Map<String, @Nullable String>>of());
        if (database.isPresent()) {
            try (var connection = database.get().connection()) {
                connection.setReadOnly(true);
                connection.setAutoCommit(false);
                try {
                    overtaken += overtaken(connection, rule, events);
                    rows = rule.lookup() == null ? rows : lookUp(connection, rule, events);
                } finally {
                    connection.rollback();
                }
            } catch (SQLException e) {
                notes.add("what " + rule.topic() + " looks up is left out: " + e.getMessage());
            }
        }
        for (int i = 0; i < events.size(); i++) {
            addUpTo(
                    tags,
                    rule.tags(events.get(i), rows.get(i)).stream()
                            .map(Tag::name)
                            .toList());
            addUpTo(
                    paths,
                    rule.pages(events.get(i), rows.get(i)).stream()
                            .map(Page::path)
                            .toList());
        }
    }

    private static List<List<Map<String, @Nullable String>>> lookUp(
            Connection connection, EventRule rule, List<Event> events) throws SQLException {
        var lookup = Objects.requireNonNull(rule.lookup());
        return new Query(lookup)
                .rows(connection, events.stream().map(Event::parameters).toList());
    }

    /** How many of them are older than what was applied. */
    private int overtaken(Connection connection, EventRule rule, List<Event> events) throws SQLException {
        if (rule.apply() == null || !Explain.hasVersions(connection)) {
            return 0;
        }
        var prefix = catalog.map(Catalog::application).orElse("") + "/";
        var applied = new HashMap<String, Long>();
        try (var statement = connection.prepareStatement(
                "select identity, version from freshet.versions where identity = any (?)")) {
            var identities = events.stream()
                    .flatMap(event -> event.version().stream())
                    .map(version -> prefix + version.identity())
                    .toArray();
            statement.setArray(1, connection.createArrayOf("text", identities));
            try (var found = statement.executeQuery()) {
                while (found.next()) {
                    applied.put(found.getString(1), found.getLong(2));
                }
            }
        }
        return (int) events.stream()
                .flatMap(event -> event.version().stream())
                .filter(version -> version.number() < applied.getOrDefault(prefix + version.identity(), Long.MIN_VALUE))
                .count();
    }

    private static void addUpTo(NavigableSet<String> all, Collection<String> more) {
        more.stream().filter(one -> all.size() < MOST).forEach(all::add);
    }

    private static void count(Map<String, Integer> counts, String name) {
        counts.merge(counts.size() < MOST || counts.containsKey(name) ? name : "(others)", 1, Integer::sum);
    }

    private static String error(DeadLetter letter) {
        var text = letter.last().step() + ": " + letter.last().error();
        return text.length() > MOST_ERROR ? text.substring(0, MOST_ERROR) + "…" : text;
    }

    private static String most(Map<String, Integer> counts) {
        var shown = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        return counts.size() > SHOWN ? shown + ", … (" + counts.size() + " kinds)" : shown;
    }

    private static Optional<String> some(String what, NavigableSet<String> names) {
        if (names.isEmpty()) {
            return Optional.empty();
        }
        var shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
        var number = names.size() < MOST ? "up to " + names.size() : MOST + " or more";
        return Optional.of(what + " to invalidate: " + number + ": " + shown + (names.size() > SHOWN ? ", …" : ""));
    }

    private static void say(List<String> lines, int number, String what) {
        if (number > 0) {
            lines.add(number + " " + what);
        }
    }
}
