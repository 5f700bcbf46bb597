package dev.freshet.worker.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.cache.Seen;
import dev.freshet.cache.Survey;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View;
import dev.freshet.db.Database;
import dev.freshet.db.Failure;
import dev.freshet.queue.JobQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares cached values with what the database says, by the views' own SQL. It is worse to cry wolf than to leave a
 * value for the next time: one that differs counts as stale only when every change that Freshet was told of when it was
 * found to differ has been dealt with, and it is still served, from the same fill, and still differs.
 */
public final class Auditor {
    private static final Logger log = LoggerFactory.getLogger(Auditor.class);
    private static final int CHUNK = 50;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);
    private static final JsonMapper JSON = new JsonMapper();

    private final Survey survey;
    private final Catalog catalog;
    private final Loaders loader;
    private final Supplier<Changes> firstLook;
    private final Duration settle;
    private final Duration patience;

    /**
     * @param settle how long whoever changed the data is given to tell of it
     * @param patience how long an audit waits for changes that are on their way
     */
    public Auditor(
            Survey survey, Catalog catalog, Database database, JobQueue queue, Duration settle, Duration patience) {
        this.survey = survey;
        this.catalog = catalog;
        this.loader = new Loaders(database, 1);
        this.firstLook = () -> new Changes(queue, database, catalog.application());
        this.settle = settle;
        this.patience = patience;
    }

    /**
     * What an audit came to.
     *
     * @param sampled entries that were drawn
     * @param compared those that were current and were compared with the database
     * @param unsettled those among them that differ while changes are on their way, so that nobody can say
     */
    public record Report(int sampled, int compared, int unsettled, List<Stale> stale) {
        public Report {
            stale = List.copyOf(stale);
        }

        /** Those that nobody is served any more, or that could not be loaded. */
        public int skipped() {
            return sampled - compared;
        }
    }

    /**
     * A value that readers get although the database says otherwise.
     *
     * @param truth JSON from the database
     */
    @SuppressWarnings("ArrayRecordComponent") // shown, never compared
    public record Stale(View view, Seen seen, byte[] truth) {}

    /**
     * Draws entries of views that are audited, and compares them.
     *
     * @param sample how many at the most
     * @param views of which views; those that say {@code audit: false} are left out
     * @throws LoadException when the database is away
     * @throws io.lettuce.core.RedisException when the cache or the queue is away
     */
    public Report run(int sample, Collection<View> views) {
        var prefixes = views.stream()
                .filter(View::audit)
                .map(view -> view.fingerprint() + ":")
                .collect(Collectors.toSet());
        var keys = survey.sample(sample, key -> prefixes.contains(key.substring(0, key.indexOf(':') + 1)));
        var compared = compare(survey.look(keys).stream()
                .filter(Seen::isHit)
                .flatMap(seen -> entry(seen).stream())
                .toList());
        var different = compared.stream().filter(Compared::differs).toList();
        if (different.isEmpty()) {
            return new Report(keys.size(), compared.size(), 0, List.of());
        }
        var open = different.stream()
                .collect(Collectors.toMap(
                        one -> one.entry.seen.key(), Compared::entry, (a, b) -> a, LinkedHashMap::new));
        return hasSlept(settle)
                ? judge(keys.size(), compared.size(), open)
                : new Report(keys.size(), compared.size(), open.size(), List.of());
    }

    /**
     * What differed from the database before every change in flight was dealt with, and was not invalidated by any of
     * them, is stale; unless the database has come back to it.
     */
    private Report judge(int sampled, int compared, Map<String, Entry> open) {
        var changes = firstLook.get();
        var stale = new ArrayList<Stale>();
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            var unreached = open.values().stream()
                    .filter(entry -> !changes.mayReach(entry.seen.tags().keySet()))
                    .toList();
            var served = compare(unreached).stream().filter(Compared::differs).toList();
            keepSameFill(open); // the last look: whatever was dealt with by now has moved its epochs
            served.stream()
                    .filter(one -> open.containsKey(one.entry.seen.key()))
                    .forEach(one -> stale.add(new Stale(one.entry.view, one.entry.seen, one.truth)));
            unreached.forEach(entry -> open.remove(entry.seen.key()));
            if (open.isEmpty() || System.nanoTime() > deadline || !hasSlept(LOOK_AGAIN)) {
                return new Report(sampled, compared, open.size(), stale);
            }
        }
    }

    private void keepSameFill(Map<String, Entry> open) {
        var served = survey.look(open.keySet()).stream()
                .filter(Seen::isHit)
                .collect(Collectors.toMap(Seen::key, Seen::token));
        open.values().removeIf(entry -> !entry.seen.token().equals(served.get(entry.seen.key())));
    }

    private record Entry(View view, Map<String, String> values, Seen seen) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Compared(Entry entry, byte[] truth) {
        boolean differs() {
            return !isSame(entry.view, entry.seen.entry().content(), truth);
        }
    }

    /** @return empty for what today's catalog would not read under this key */
    private Optional<Entry> entry(Seen seen) {
        return Origin.decode(seen.entry().origin()).flatMap(origin -> {
            var view = catalog.views().get(origin.view());
            if (view == null) {
                return Optional.empty();
            }
            try {
                var values = view.parse(origin.params());
                return Optional.of(new Entry(view, values, seen))
                        .filter(entry -> view.key(values).equals(seen.key()));
            } catch (ParameterException e) {
                return Optional.empty();
            }
        });
    }

    private List<Compared> compare(List<Entry> entries) {
        var compared = new ArrayList<Compared>();
        entries.stream().collect(Collectors.groupingBy(Entry::view)).forEach((view, ofView) -> {
            for (int from = 0; from < ofView.size(); from += CHUNK) {
                compared.addAll(load(view, ofView.subList(from, Math.min(from + CHUNK, ofView.size()))));
            }
        });
        return compared;
    }

    private List<Compared> load(View view, List<Entry> entries) {
        try {
            var truths = loader.load(view, entries.stream().map(Entry::values).toList())
                    .contents();
            var compared = new ArrayList<Compared>();
            for (int i = 0; i < entries.size(); i++) {
                compared.add(new Compared(entries.get(i), truths.get(i)));
            }
            return compared;
        } catch (LoadException e) {
            if (e.failure() == Failure.OUTAGE) {
                throw e;
            }
            log.warn("not audited view={} keys={} cause={}", view.name(), entries.size(), e.getMessage());
            return List.of();
        }
    }

    /** Rows without an order are the same in any. */
    static boolean isSame(View view, byte[] cached, byte[] truth) {
        return Arrays.equals(cached, truth)
                || (view.source().isUnordered() && counted(cached).equals(counted(truth)));
    }

    private static Map<JsonNode, Long> counted(byte[] rows) {
        try {
            return StreamSupport.stream(JSON.readTree(rows).spliterator(), false)
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        } catch (IOException e) {
            throw new UncheckedIOException("a view gave JSON that is none", e);
        }
    }

    /** @return false when somebody wants this thread to end */
    private static boolean hasSlept(Duration time) {
        try {
            Thread.sleep(time);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
