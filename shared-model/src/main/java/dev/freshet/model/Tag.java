package dev.freshet.model;

/**
 * A name that cached values and pages carry and that a change invalidates, such as {@code cohort:3}.
 *
 * @param name 1 to {@value #MAX_LENGTH} characters, none of them a control character
 */
public record Tag(String name) implements Comparable<Tag> {
    public static final int MAX_LENGTH = 512;

    /** How many a cached value carries. */
    public static final int MOST = 100;

    /** @throws IllegalArgumentException when the name is empty, too long or holds control characters */
    public Tag {
        if (!isValid(name)) {
            throw new IllegalArgumentException(
                    "a tag must be 1 to " + MAX_LENGTH + " printable characters, was one of " + name.length());
        }
    }

    /** Whether this text could be the name of a tag. */
    public static boolean isValid(String name) {
        return !name.isBlank() && name.length() <= MAX_LENGTH && !Text.hasControlCharacter(name);
    }

    @Override
    public int compareTo(Tag other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
