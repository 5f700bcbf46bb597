package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The tags that Next.js itself gives its pages. It knows a page by the address as browsers write it (14, 15) or by the
 * decoded one up to a comma (16), and ends it with a slash where it is told to; so a path has every tag that one of them may use. One
 * too many does no harm. The kit does the same: the files {@code path-spellings.json} and {@code
 * page-tags.json} of the tests hold the examples that both are tested with.
 */
final class PageTags {
    /** The one that every page has. */
    static final String ALL_PAGES = "_N_T_/layout";

    private static final String IMPLICIT = "_N_T_";
    private static final Pattern DYNAMIC_SEGMENT = Pattern.compile("\\[[^/]+]");
    private static final String UNRESERVED = "-_.!~*'()";
    private static final String RESERVED = ";,/?:@&=+$#";

    private PageTags() {}

    /** @param path such as {@code /dashboard/3}, encoded or not; or a pattern such as {@code /course/[id]} */
    static Set<String> of(String path) {
        if (isPattern(path)) {
            return Set.of(IMPLICIT + path + "/page");
        }
        var tags = new LinkedHashSet<String>();
        spellings(path).forEach(spelling -> tags.add(IMPLICIT + spelling));
        if (tags.contains(IMPLICIT + "/")) {
            tags.add(IMPLICIT + "/index");
        }
        return tags;
    }

    /** All ways in which a version of Next.js may know the page. */
    static Set<String> spellings(String path) {
        if (isPattern(path)) {
            return Set.of(path);
        }
        var bare = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        var decoded = decoded(bare);
        int comma = decoded.indexOf(',', 1);
        var ways = new LinkedHashSet<>(List.of(bare, decoded, comma < 0 ? decoded : decoded.substring(0, comma)));
        if (UTF_8.newEncoder().canEncode(decoded)) { // half of a surrogate pair: no address has it
            Stream.of(encoded(decoded, UNRESERVED + RESERVED), encoded(decoded, UNRESERVED + "/"))
                    .flatMap(way -> Stream.of(way, way.replace("'", "%27")))
                    .forEach(ways::add);
        }
        List.copyOf(ways).stream().filter(way -> !way.endsWith("/")).forEach(way -> ways.add(way + "/"));
        return ways;
    }

    private static boolean isPattern(String path) {
        return DYNAMIC_SEGMENT.matcher(path).find();
    }

    /** The path itself where a percent sign is meant as one. */
    private static String decoded(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        var bytes = ByteBuffer.allocate(path.length() * 3);
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '%') {
                int end = path.indexOf('%', i) < 0 ? path.length() : path.indexOf('%', i);
                bytes.put(path.substring(i, end).getBytes(UTF_8));
                i = end - 1;
            } else if (i + 2 < path.length() && path.substring(i + 1, i + 3).matches("[0-9A-Fa-f]{2}")) {
                bytes.put((byte) Integer.parseInt(path, i + 1, i + 3, 16));
                i += 2;
            } else {
                return path;
            }
        }
        try {
            return UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            return path;
        }
    }

    private static String encoded(String text, String plain) {
        var result = new StringBuilder();
        for (byte b : text.getBytes(UTF_8)) {
            char c = (char) (b & 0xff);
            boolean isPlain = c < 0x80 && (Character.isLetterOrDigit(c) || plain.indexOf(c) >= 0);
            result.append(isPlain ? String.valueOf(c) : "%%%02X".formatted((int) c));
        }
        return result.toString();
    }
}
