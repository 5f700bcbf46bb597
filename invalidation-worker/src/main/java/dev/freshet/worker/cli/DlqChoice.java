package dev.freshet.worker.cli;

import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetter;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Which dead letters a command changes: some that are named, or all that match. Never all by leaving something out.
 *
 * @param isAll whether all that match are meant
 */
record DlqChoice(List<String> ids, boolean isAll, DeadFilter filter) {

    static DlqChoice of(List<String> ids, boolean all, DeadFilter filter) {
        return new DlqChoice(ids.stream().distinct().toList(), all, filter);
    }

    /** What is wrong with it. */
    Optional<String> misuse() {
        if (ids.isEmpty() != isAll) {
            return Optional.of("name either ids or --all");
        }
        return isAll || filter.isAll() ? Optional.empty() : Optional.of("filters go with --all, not with ids");
    }

    /** The named ones that are not there. */
    List<String> missing(OpenLetters open) {
        return ids.stream().filter(id -> open.letters().find(id).isEmpty()).toList();
    }

    long count(OpenLetters open) {
        return isAll ? open.count(filter) : ids.size() - missing(open).size();
    }

    /** Gives them to somebody, with their bodies as far as these can be had. */
    void each(OpenLetters open, Consumer<DeadLetter> reader) {
        if (isAll) {
            open.letters().eachWhole(filter, reader);
        } else {
            ids.forEach(id -> open.letters().find(id).ifPresent(reader));
        }
    }

    /** For the record. */
    @Override
    public String toString() {
        return isAll ? filter.toString() : "ids " + String.join(" ", ids);
    }
}
