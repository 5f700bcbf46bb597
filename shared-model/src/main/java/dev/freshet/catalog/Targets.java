package dev.freshet.catalog;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an application expects of its cache. serve watches the hit rates; the others are measured on a replayed day. Parts are
 * from 0 to 1; what is empty is not expected.
 *
 * @param hitRate the part of all reads that are hits
 * @param warnBelow the part below which serve warns, where that is not {@code hitRate}
 * @param views what is expected of single views, by name
 * @param hit the longest that a read may take that is a hit
 * @param read the longest that any read may take
 * @param api the longest that any request may take, reads and writes
 * @param session the longest that a session may take to be found
 * @param queriesSaved the part of all reads for which the database is not asked
 * @param reads how many reads a second are answered
 */
public record Targets(
        Optional<Double> hitRate,
        Optional<Double> warnBelow,
        Map<String, OfView> views,
        Optional<Duration> hit,
        Optional<Duration> read,
        Optional<Duration> api,
        Optional<Duration> session,
        Optional<Double> queriesSaved,
        Optional<Long> reads) {
    /** Nothing is expected. */
    public static final Targets NONE = new Targets(
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** The longest that something may take, whatever it is. */
    public Stream<Duration> times() {
        return Stream.concat(
                        Stream.of(hit, read, api, session),
                        views.values().stream().map(OfView::read))
                .flatMap(Optional::stream);
    }

    /**
     * What is expected of one view.
     *
     * @param hitRate the part of its reads that are hits
     * @param read the longest that any read of it may take
     */
    public record OfView(Optional<Double> hitRate, Optional<Duration> read) {}

    /** The hit rate of all reads below which serve warns; empty for none. */
    public Optional<Double> watched() {
        return warnBelow.or(() -> hitRate);
    }

    /** With another hit rate of all reads, below which serve warns. */
    public Targets withHitRate(double rate) {
        return new Targets(Optional.of(rate), Optional.empty(), views, hit, read, api, session, queriesSaved, reads);
    }
}
