package dev.freshet.worker.run;

import dev.freshet.catalog.Page;
import dev.freshet.catalog.Score;
import dev.freshet.model.Job;
import dev.freshet.model.Tag;
import dev.freshet.worker.frontend.Change;
import dev.freshet.worker.frontend.Version;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tags and the pages that changes made stale, each with when the earliest of these changes was received, and the
 * members of boards whose scores they changed.
 */
final class Effects {
    private final Map<Tag, Instant> tags = new LinkedHashMap<>();
    private final Map<String, Stale> pages = new LinkedHashMap<>();
    private Optional<Instant> everything = Optional.empty();
    private final Set<Score> scores = new LinkedHashSet<>();

    /**
     * A page that is old.
     *
     * @param version the newest one that a change gave it; empty when none did
     */
    record Stale(Instant received, Optional<Version> version) {
        Stale plus(Stale later) {
            var newest = version.flatMap(mine -> later.version.map(mine::newer))
                    .or(later::version)
                    .or(this::version);
            return new Stale(earlier(received, later.received), newest);
        }
    }

    boolean isEmpty() {
        return tags.isEmpty() && pages.isEmpty() && scores.isEmpty() && everything.isEmpty();
    }

    /** Whether anything may be stale, not only these tags and pages. */
    boolean isEverything() {
        return everything.isPresent();
    }

    void addEverything(Instant received) {
        everything =
                Optional.of(everything.map(before -> earlier(before, received)).orElse(received));
    }

    /**
     * Of captured changes that become dead letters, or whose table this worker's catalog does not name, nobody else will say
     * what they changed.
     */
    void addGivenUp(Collection<Job> jobs) {
        jobs.stream().filter(Job::isCaptured).forEach(job -> addEverything(job.receivedAt()));
    }

    Set<Tag> tags() {
        return tags.keySet();
    }

    Map<String, Stale> pages() {
        return pages;
    }

    Set<Score> scores() {
        return scores;
    }

    void addScores(Collection<Score> changed) {
        scores.addAll(changed);
    }

    void addTags(Collection<Tag> stale, Instant received) {
        stale.forEach(tag -> addTag(tag, received));
    }

    void addTag(Tag tag, Instant received) {
        tags.merge(tag, received, Effects::earlier);
    }

    /** Versions that are none, such as very long ones, are left out. */
    void addPages(Collection<Page> stale, Instant received) {
        for (var page : stale) {
            var version = page.version().filter(Version::isValid).map(Version::new);
            pages.merge(page.path(), new Stale(received, version), Stale::plus);
        }
    }

    /** Pages of which nobody can say how new they must be. */
    void addPaths(Collection<String> stale, Instant received) {
        stale.forEach(path -> pages.merge(path, new Stale(received, Optional.empty()), Stale::plus));
    }

    void add(Effects other) {
        other.tags.forEach((tag, received) -> tags.merge(tag, received, Effects::earlier));
        other.pages.forEach((path, stale) -> pages.merge(path, stale, Stale::plus));
        other.everything.ifPresent(this::addEverything);
        scores.addAll(other.scores);
    }

    /** What is here and not there. */
    Effects without(Effects other) {
        var rest = new Effects();
        rest.add(this);
        rest.everything = rest.everything.filter(at -> !other.isEverything());
        rest.tags.keySet().removeAll(other.tags.keySet());
        rest.pages.keySet().removeAll(other.pages.keySet());
        rest.scores.removeAll(other.scores);
        return rest;
    }

    /** As front ends are owed it. */
    List<Change> changes() {
        var all = everything.map(Change::ofEverything).stream();
        var named = Stream.concat(
                tags.entrySet().stream().map(e -> Change.of(e.getKey(), e.getValue())),
                pages.entrySet().stream()
                        .map(e -> Change.of(
                                e.getKey(),
                                e.getValue().received(),
                                e.getValue().version())));
        return Stream.concat(all, named).toList();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
