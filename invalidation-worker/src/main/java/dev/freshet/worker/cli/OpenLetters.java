package dev.freshet.worker.cli;

import dev.freshet.db.Database;
import dev.freshet.db.Delivery;
import dev.freshet.db.Delivery.State;
import dev.freshet.queue.DeadAction;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.DeadProgress;
import dev.freshet.queue.JobQueue;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The dead letters as commands change them: noted, watched, and stopped when somebody says so. */
record OpenLetters(Terminal terminal, DeadLetters letters, JobQueue queue, Optional<Database> database) {
    private static final Logger log = LoggerFactory.getLogger(OpenLetters.class);
    private static final int MOST_TEXT = 500;

    /**
     * @param count how many were changed
     * @param bodyMissing those that were left because their bodies cannot be had
     * @param stopped whether it was told to stop before it was through
     * @param full whether letters were left because the queue had no room for them
     */
    record Changed(int count, List<String> bodyMissing, boolean stopped, boolean full) {}

    /**
     * Changes letters and notes who did so.
     *
     * @param name {@code replay} or {@code discard}
     * @param told says when to stop
     */
    Changed change(String name, String which, UntilTold told, ToIntFunction<DeadProgress> change) {
        var begun = new DeadAction(Instant.now(), user(), name, shortened(which), OptionalLong.empty());
        letters.note(begun);
        var watch = new Watch(name, told);
        try {
            int count = change.applyAsInt(watch);
            return new Changed(count, List.copyOf(watch.bodyMissing), watch.stopped, watch.full);
        } finally {
            terminal.progress("");
            letters.note(begun.ended(watch.count));
            log.info("dlq {} letters={} filter=\"{}\" by={}", name, watch.count, begun.which(), begun.by());
        }
    }

    /** How many letters match. */
    long count(DeadFilter filter) {
        var count = new long[1];
        letters.each(filter, some -> count[0] += some.size());
        return count[0];
    }

    private static String shortened(String text) {
        return text.length() > MOST_TEXT ? text.substring(0, MOST_TEXT) + "…" : text;
    }

    /** Letters as rows of the ledger, which may know nothing of them: nobody wrote down what killed its worker. */
    static List<Delivery> rows(List<DeadLetter> letters, State state) {
        return letters.stream()
                .map(letter -> new Delivery(
                        letter.job().id(),
                        letter.job().site(),
                        letter.job().topic(),
                        state,
                        letter.last().error(),
                        letter.job().failures(),
                        letter.job().receivedAt(),
                        Optional.empty(),
                        Optional.empty()))
                .toList();
    }

    static String user() {
        return System.getProperty("user.name", "unknown") + "@" + host();
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    private final class Watch implements DeadProgress {
        private final String name;
        private final UntilTold told;
        private final List<String> bodyMissing = new ArrayList<>();
        private int count;
        private boolean stopped;
        private boolean full;
        private boolean ledgerAway;

        private Watch(String name, UntilTold told) {
            this.name = name;
            this.told = told;
        }

        @Override
        public boolean goesOn() {
            stopped = told.isTold();
            return !stopped;
        }

        @Override
        public void done(List<DeadLetter> letters) {
            count += letters.size();
            tellLedger(letters);
            terminal.progress(name + "ed " + count);
        }

        /** As far as that can be done: a row that a worker has brought further stays as it is. */
        private void tellLedger(List<DeadLetter> letters) {
            if (database.isEmpty() || ledgerAway) {
                return;
            }
            try {
                var ledger = new dev.freshet.db.Deliveries(database.get());
                if (name.equals("replay")) {
                    ledger.replayed(rows(letters, State.QUEUED));
                } else {
                    ledger.givenUp(rows(letters, State.DISCARDED));
                }
            } catch (SQLException e) {
                log.warn("ledger not told cause={}", database.get().away(e).getMessage());
                ledgerAway = true;
            }
        }

        @Override
        public void full() {
            full = true;
        }

        @Override
        public void bodyMissing(String jobId) {
            if (!bodyMissing.contains(jobId)) {
                bodyMissing.add(jobId);
            }
        }
    }
}
