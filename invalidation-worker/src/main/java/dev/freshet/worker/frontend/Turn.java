package dev.freshet.worker.frontend;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

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

    /** The instance is none that is known: it was forgotten, or Redis has lost it. */
    record Unknown() implements Turn {
        @Override
        public int owed() {
            return 0;
        }
    }

    /** Nothing is due; whoever gets this asks which process is there. */
    record Ask(int owed) implements Turn {}

    /**
     * It is the caller's turn until the lease ends.
     *
     * @param token proves that the lease is ours
     * @param due oldest first
     * @param more whether more was due than one call carries
     * @param pause how long the instance was last left alone after a change
     * @param quiet how long nothing had changed after that pause when the first of it did
     * @param failures calls since the last confirmed one
     * @param boot the process that answered last; empty when none has said its name
     */
    record Mine(
            String token,
            int owed,
            List<Due> due,
            boolean more,
            Duration pause,
            Duration quiet,
            int failures,
            Optional<String> boot)
            implements Turn {
        /** Whether every page is among it. */
        boolean hasEverything() {
            return due.stream().anyMatch(Due::isEverything);
        }

        /** Whether all of it was confirmed before and is only told once more. */
        boolean isSecondPass() {
            return due.stream().allMatch(Due::isSecondPass);
        }
    }

    /**
     * A tag or a path that an instance is owed, or everything.
     *
     * @param value what Redis holds for it: {@code number received version}, with {@code c} behind the number once it was
     *     confirmed; of an older release the number alone. A confirmation counts only while it is still this one
     */
    record Due(String member, String value) {
        boolean isTag() {
            return member.startsWith(Change.TAG);
        }

        boolean isPath() {
            return member.startsWith(Change.PATH);
        }

        boolean isEverything() {
            return member.equals(Change.EVERYTHING);
        }

        String name() {
            return member.substring(Change.TAG.length());
        }

        boolean isSecondPass() {
            return part(0).endsWith("c");
        }

        /** When the delivery came that made it old; empty when nobody has written it down. */
        Optional<Instant> received() {
            return Optional.of(part(1))
                    .filter(text -> !text.isEmpty())
                    .map(text -> Instant.ofEpochMilli(Long.parseLong(text)));
        }

        /** What the page must carry at least; empty when nobody can tell. */
        Optional<Version> version() {
            return Optional.of(part(2)).filter(Version::isValid).map(Version::new);
        }

        private String part(int index) {
            var parts = value.split(" ", 3);
            return index < parts.length ? parts[index] : "";
        }
    }
}
