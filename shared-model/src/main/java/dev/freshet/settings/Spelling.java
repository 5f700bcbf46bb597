package dev.freshet.settings;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what somebody meant who misspelled a name. */
public final class Spelling {
    private static final int FAR = 3;

    private Spelling() {}

    /** @return the known name nearest to this one; empty when none is near, or the name is too short to tell */
    public static Optional<String> nearest(String name, Collection<String> known) {
        int allowed = Math.min(FAR, name.length() / 2);
        return known.stream()
                .filter(other -> distance(name, other) <= allowed)
                .min(Comparator.comparingInt(other -> distance(name, other)));
    }

    /** A question for the nearest known name, as a remedy; otherwise what is given. */
    public static String hint(String name, Collection<String> known, String otherwise) {
        return nearest(name, known).map(near -> "did you mean " + near + "?").orElse(otherwise);
    }

    /** Levenshtein's edit distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substitution, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
