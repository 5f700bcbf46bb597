package dev.freshet.cache;

import dev.freshet.model.Tag;
import java.util.List;

/**
 * Commits a new version, then makes the cache forget the old one, by tag or, where a row is named, by key.
 *
 * @param row -1 to invalidate the tag
 * @param version what it committed
 */
record WriteActor(String name, Tag tag, int row, Phase phase, int version) implements Actor {
    enum Phase {
        START,
        COMMITTED,
        DONE
    }

    @Override
    public void moves(State state, int me, Choices choices) {
        switch (phase) {
            case START ->
                choices.quiet(name + " commits", next -> {
                    next.commit(tag);
                    next.become(me, at(Phase.COMMITTED, next.version(tag)));
                });
            case COMMITTED ->
                choices.command(
                        name + " invalidates", null, "", protocol -> forget(state, protocol), (next, done, copied) -> {
                            if (row < 0) {
                                next.acknowledge(tag, version);
                            } else {
                                next.acknowledge(row, tag, version);
                            }
                            next.become(me, at(Phase.DONE, version));
                        });
            case DONE -> {}
        }
    }

    @Override
    public String describe(EpochNames names) {
        return name + phase + version;
    }

    private boolean forget(State state, Protocol protocol) {
        if (row < 0) {
            protocol.invalidate(List.of(tag));
        } else {
            protocol.delete(state.row(row).key());
        }
        return true;
    }

    private WriteActor at(Phase next, int committed) {
        return new WriteActor(name, tag, row, next, committed);
    }
}
