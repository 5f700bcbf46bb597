package dev.freshet.worker.frontend;

import java.time.Duration;
import java.util.List;

/** The answer to whoever wants to tell an instance what it is owed. */
sealed interface Turn {
    /** How many members the instance has not confirmed. */
    int owed();

    /** Nothing is owed. */
    record Nothing() implements Turn {
        @Override
        public int owed() {
            return 0;
        }
    }

    /** Nothing is due yet, the instance is left alone for now, or somebody else is telling it. */
    record Later(Duration in, int owed) implements Turn {}

    /**
     * It is the caller's turn until the lease ends.
     *
     * @param token proves that the lease is ours
     * @param due oldest first
     * @param more whether more was due than one call carries
     * @param pause how long the instance was last left alone after a call
     * @param quiet how long nothing was due after that pause had ended
     * @param failures calls since the last confirmed one
     */
    record Mine(String token, int owed, List<Due> due, boolean more, Duration pause, Duration quiet, int failures)
            implements Turn {
        /** Whether all of it was confirmed before and is only told once more. */
        boolean isSecondPass() {
            return due.stream().allMatch(Due::isSecondPass);
        }
    }

    /**
     * A tag or a path that an instance is owed.
     *
     * @param number the change it is owed for; a confirmation counts only while it is still this one
     */
    record Due(String member, String number) {
        private static final String TAG = "t:";
        private static final String PATH = "p:";

        static String tag(String encoded) {
            return TAG + encoded;
        }

        static String path(String path) {
            return PATH + path;
        }

        boolean isTag() {
            return member.startsWith(TAG);
        }

        String name() {
            return member.substring(TAG.length());
        }

        boolean isSecondPass() {
            return number.endsWith("c");
        }
    }
}
