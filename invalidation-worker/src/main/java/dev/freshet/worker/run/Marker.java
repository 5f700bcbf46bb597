package dev.freshet.worker.run;

import dev.freshet.cache.Boards;
import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Score;
import dev.freshet.worker.run.Warmer.Board;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Marks members of boards whose scores changed, each once for a batch. Marking them again is harmless. */
final class Marker implements Consumer<Collection<Score>> {
    private final Catalog catalog;
    private final Boards boards;
    private final Consumer<Collection<Board>> warmer;
    private final Counter marked;

    /** @param warmer is told of boards with members that were marked */
    Marker(Catalog catalog, Boards boards, Consumer<Collection<Board>> warmer, MeterRegistry metrics) {
        this.catalog = catalog;
        this.boards = boards;
        this.warmer = warmer;
        this.marked = Counter.builder("freshet_scores_marked_total")
                .description("members of boards that were marked because their scores may have changed")
                .register(metrics);
    }

    /** @throws io.lettuce.core.RedisException when it is not known that they are marked */
    @Override
    public void accept(Collection<Score> scores) {
        if (scores.isEmpty()) {
            return;
        }
        var members = new TreeMap<String, Set<String>>();
        var changed = new LinkedHashSet<Board>();
        for (var score : scores) {
            var view = catalog.views().get(score.board());
            if (view != null) { // else written down by a worker with another catalog
                members.computeIfAbsent(view.key(score.values()), key -> new LinkedHashSet<>())
                        .add(score.member());
                changed.add(new Board(score.board(), Map.copyOf(score.values())));
            }
        }
        boards.mark(members);
        members.values().forEach(some -> marked.increment(some.size()));
        warmer.accept(changed);
    }
}
