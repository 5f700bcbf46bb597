package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.model.Sha256;
import java.util.HexFormat;

/**
 * How a tag is called in front of a front end. Next.js splits tags at commas, drops those of more than 256 characters
 * without a word, and its versions treat characters outside ASCII differently; so comma, percent, control characters
 * and all that is not ASCII become {@code %XX} per UTF-8 byte, and a tag that is still too long becomes its beginning,
 * {@code ~} and a digest of the whole. Whoever renders pages must call its tags by the same function: the file {@code
 * tag-encoding.json} of the tests holds the examples that both sides are tested with.
 */
public final class TagEncoding {
    public static final int MAX_LENGTH = 256;
    private static final int DIGEST_DIGITS = 32;
    private static final HexFormat UPPER = HexFormat.of().withUpperCase();

    private TagEncoding() {}

    /** The tag as a front end knows it: 7-bit, without commas, at most {@value #MAX_LENGTH} characters. */
    public static String encode(String tag) {
        if (tag.length() <= MAX_LENGTH && tag.chars().allMatch(TagEncoding::isPlain)) {
            return tag;
        }
        var encoded = new StringBuilder(tag.length() + 16);
        tag.codePoints().forEach(c -> append(encoded, c));
        return encoded.length() <= MAX_LENGTH ? encoded.toString() : shortened(encoded.toString());
    }

    private static boolean isPlain(int c) {
        return c >= ' ' && c < 0x7f && c != ',' && c != '%';
    }

    private static void append(StringBuilder encoded, int c) {
        if (isPlain(c)) {
            encoded.append((char) c);
            return;
        }
        // half of a pair alone is no character: JavaScript's TextEncoder writes U+FFFD for it, Java a question mark
        boolean isHalf = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        for (byte b : Character.toString(isHalf ? 0xFFFD : c).getBytes(UTF_8)) {
            encoded.append('%').append(UPPER.toHexDigits(b));
        }
    }

    private static String shortened(String encoded) {
        var digest = Sha256.hex(encoded.getBytes(UTF_8)).substring(0, DIGEST_DIGITS);
        return encoded.substring(0, MAX_LENGTH - 1 - DIGEST_DIGITS) + "~" + digest;
    }
}
