package dev.freshet.queue;

import java.util.Locale;

/**
 * Something in a partition that stands there by itself. No script leaves one behind; a hand in Redis or a damaged file
 * does.
 *
 * @param name of the claim, the job or the counter
 */
public record Stray(int partition, Kind kind, String name) {

    /** What it is. */
    public enum Kind {
        /** Jobs of a claim whose lease is gone, so that nobody would ever take them. */
        LIST("jobs of a claim without a lease", "they are suspects, to be claimed one at a time"),
        /** A lease whose jobs are gone; they count as missing. */
        LEASE("a lease without jobs", "removed"),
        /** A dead letter that no list shows. */
        LETTER("a dead letter without the time of its death", "it died now"),
        /** When a job died that is no dead letter. */
        TIME("the time of a death without a dead letter", "removed"),
        /** Crashes of a job that nobody holds. */
        CRASHES("crashes of a job that is nowhere", "forgotten"),
        /** Somebody waits for a job that is in no place. */
        AWAITED("a job that is awaited and nowhere", "it counts as settled"),
        /** A counter that is not what it counts. */
        COUNT("a counter that is wrong", "counted anew");

        private final String meaning;
        private final String remedy;

        Kind(String meaning, String remedy) {
            this.meaning = meaning;
            this.remedy = remedy;
        }

        /** In words. */
        public String meaning() {
            return meaning;
        }

        /** What a repair makes of it, in words. */
        public String remedy() {
            return remedy;
        }

        /** As the script calls it. */
        String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
