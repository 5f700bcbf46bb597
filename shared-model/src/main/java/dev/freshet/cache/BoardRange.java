package dev.freshet.cache;

/** Which places of a board somebody asks for. */
public sealed interface BoardRange {

    /**
     * The first places.
     *
     * @param count from 1 to {@value #MOST}
     */
    record Top(int count) implements BoardRange {
        public Top {
            requireWithin(count, 1, MOST);
        }
    }

    /**
     * The place of a member and those beside it; none when the member has no place.
     *
     * @param around how many to both sides, from 0 to {@value #MOST_AROUND}
     */
    record Of(String member, int around) implements BoardRange {
        public Of {
            requireWithin(around, 0, MOST_AROUND);
        }
    }

    /** Places that one read gives at the most. */
    int MOST = 1_000;

    /** To one side of a member. */
    int MOST_AROUND = 100;

    private static void requireWithin(int count, int least, int most) {
        if (count < least || count > most) {
            throw new IllegalArgumentException(
                    "places of a board are asked for by " + least + " to " + most + ", not " + count);
        }
    }
}
