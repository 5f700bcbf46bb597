package dev.freshet.scorm;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a package says of itself; the JSON has these names. Texts are stripped, and null where the manifest says nothing. Paths are
 * relative to the package's root and lie within it.
 *
 * @param scorm {@code 1.2} or {@code 2004}
 * @param edition of SCORM 2004: 3 or 4; null for the first two, which say nothing of it, and for 1.2
 * @param title of the organization that is the default
 * @param launch the file that its first item with one opens, with that item's parameters
 * @param organizations in the manifest's order
 */
record Manifest(
        String scorm,
        @Nullable Integer edition,
        @Nullable String identifier,
        @Nullable String title,
        @Nullable String launch,
        List<Organization> organizations,
        List<Resource> resources) {

    /** A way through the course. */
    record Organization(
            @Nullable String identifier, @Nullable String title, List<Item> items) {}

    /**
     * A step of that way, or a chapter of steps.
     *
     * @param href of its resource; null for chapters
     * @param parameters as the manifest has them: they belong behind the href
     * @param masteryScore what it takes to pass. SCORM 1.2: 0 to 100; 2004: the objective's measure, -1 to 1
     */
    record Item(
            @Nullable String identifier,
            @Nullable String title,
            @Nullable String href,
            @Nullable String parameters,
            @Nullable BigDecimal masteryScore,
            List<Item> items) {}

    /**
     * @param scormType {@code sco} when it speaks with the platform, {@code asset} when it does not
     * @param files it consists of
     */
    record Resource(
            @Nullable String identifier,
            @Nullable String type,
            @Nullable String href,
            @Nullable String scormType,
            List<String> files) {}
}
