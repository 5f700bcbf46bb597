package dev.freshet.queue;

import java.util.List;

/**
 * What an audit of the queue found.
 *
 * @param partitions each at one moment; neither its oldest job nor its pause is looked at
 * @param strays what stood by itself in that moment
 */
public record QueueAudit(List<QueueStatus> partitions, List<Stray> strays) {

    public QueueAudit {
        partitions = List.copyOf(partitions);
        strays = List.copyOf(strays);
    }

    /** Deliveries accepted so far. */
    public long accepted() {
        return partitions.stream().mapToLong(one -> one.count("accepted")).sum();
    }

    /** Accepted jobs that are in no place; one that is in two places counts as well, and neither makes up for the other. */
    public long missing() {
        return partitions.stream().mapToLong(one -> Math.abs(one.missing())).sum();
    }

    /** Whether nothing is missing and nothing stands by itself. */
    public boolean isClean() {
        return missing() == 0 && strays.isEmpty();
    }
}
