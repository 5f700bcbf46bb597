package dev.freshet.cache;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Scores as a database would hold them, and how often it is asked. */
class Table implements BoardSource {
    final Map<String, Double> scores = new ConcurrentSkipListMap<>();
    final AtomicInteger builds = new AtomicInteger();
    final AtomicInteger patches = new AtomicInteger();

    Table with(String member, double score) {
        scores.put(member, score);
        return this;
    }

    @Override
    public List<BoardRow> best(int count) {
        builds.incrementAndGet();
        return scores.keySet().stream().map(this::row).sorted().limit(count).toList();
    }

    @Override
    public List<BoardRow> of(Collection<String> members) {
        patches.incrementAndGet();
        return members.stream().filter(scores::containsKey).map(this::row).toList();
    }

    private BoardRow row(String member) {
        return new BoardRow(member, scores.getOrDefault(member, 0.0), "{\"name\":\"name of " + member + "\"}");
    }
}
