package dev.freshet.scorm;

import dev.freshet.scorm.Manifest.Item;
import dev.freshet.scorm.Manifest.Organization;
import dev.freshet.scorm.Manifest.Resource;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Manifest} of imsmanifest.xml, by the Content Aggregation Models of SCORM 1.2 and 2004. It does not validate: what it does
 * not use may be anything. Manifests within the manifest and shared sequencing ({@code IDRef}) are left out.
 */
final class ManifestReader {
    private static final int DEEPEST_ITEM = 20;
    private static final int MOST_CHAPTERS = 10_000;
    private static final Pattern EDITION = Pattern.compile("2004 (\\d)(st|nd|rd|th) Edition", Pattern.CASE_INSENSITIVE);
    private static final Set<String> TRUE = Set.of("true", "1");
    private static final Pattern SCORE = Pattern.compile("-?(\\d{1,3}(\\.\\d{0,16})?|\\.\\d{1,16})");

    private final ManifestXml xml;
    private final List<Chapter> organizations = new ArrayList<>();
    private final List<Resource> resources = new ArrayList<>();
    private final Map<String, String> hrefs = new HashMap<>();
    private @Nullable String defaultOrganization;
    private @Nullable String schemaVersion;
    private int chapters;

    /** An organization or an item, while the resources, which stand further down, are not known. */
    private static final class Chapter {
        private final @Nullable String identifier;
        private final @Nullable String resource;
        private final @Nullable String parameters;
        private final List<Chapter> items = new ArrayList<>();
        private @Nullable String title;
        private @Nullable BigDecimal masteryScore;

        private Chapter(ManifestXml xml) throws RefusedException {
            identifier = xml.attribute("identifier");
            resource = xml.attribute("identifierref");
            parameters = xml.attribute("parameters");
        }
    }

    private ManifestReader(ManifestXml xml) {
        this.xml = xml;
    }

    /** @throws RefusedException when it is no SCORM manifest, names files outside the package, or is larger than any should be */
    static Manifest read(byte[] bytes) throws RefusedException, InterruptedException {
        var xml = ManifestXml.open(bytes);
        return new ManifestReader(xml).manifest();
    }

    private Manifest manifest() throws RefusedException, InterruptedException {
        if (!xml.name().equals("manifest")) {
            throw xml.refused("the root must be <manifest>, was " + RefusedException.quote(xml.name()));
        }
        var identifier = xml.attribute("identifier");
        var folder = folder("");
        xml.children(name -> {
            switch (name) {
                case "metadata" -> metadata();
                case "organizations" -> organizations();
                case "resources" -> resources(folder);
                default -> xml.skip();
            }
        });
        return assemble(identifier);
    }

    private void metadata() throws RefusedException, InterruptedException {
        xml.children("schemaversion", name -> schemaVersion = xml.text());
    }

    private void organizations() throws RefusedException, InterruptedException {
        defaultOrganization = xml.attribute("default");
        xml.children("organization", name -> organizations.add(chapter(0)));
    }

    private Chapter chapter(int depth) throws RefusedException, InterruptedException {
        if (depth > DEEPEST_ITEM) {
            throw xml.refused("its items are nested deeper than " + DEEPEST_ITEM);
        }
        if (++chapters > MOST_CHAPTERS) {
            throw xml.refused("it has more than " + MOST_CHAPTERS + " organizations and items");
        }
        var chapter = new Chapter(xml);
        xml.children(name -> {
            switch (name) {
                case "title" -> chapter.title = xml.text();
                case "item" -> chapter.items.add(chapter(depth + 1));
                case "adlcp:masteryscore" -> chapter.masteryScore = score();
                case "imsss:sequencing" -> sequencing(chapter);
                default -> xml.skip();
            }
        });
        return chapter;
    }

    private void sequencing(Chapter chapter) throws RefusedException, InterruptedException {
        xml.children(
                "imsss:objectives",
                objectives -> xml.children("imsss:primaryObjective", objective -> primaryObjective(chapter)));
    }

    private void primaryObjective(Chapter chapter) throws RefusedException, InterruptedException {
        boolean isByMeasure = TRUE.contains(String.valueOf(xml.attribute("satisfiedByMeasure")));
        if (isByMeasure) {
            chapter.masteryScore = BigDecimal.ONE; // the standard's default
        }
        xml.children("imsss:minNormalizedMeasure", name -> {
            var score = score();
            if (isByMeasure && score != null) {
                chapter.masteryScore = score;
            }
        });
    }

    private @Nullable BigDecimal score() throws RefusedException, InterruptedException {
        var text = xml.text();
        if (text != null && !SCORE.matcher(text).matches()) {
            throw xml.refused(
                    "a mastery score must be a number such as 80 or 0.8, was " + RefusedException.quote(text));
        }
        return text == null ? null : new BigDecimal(text);
    }

    private void resources(String parent) throws RefusedException, InterruptedException {
        var folder = folder(parent);
        xml.children("resource", name -> {
            var resource = resource(folder(folder));
            resources.add(resource);
            if (resource.identifier() != null && resource.href() != null) {
                hrefs.putIfAbsent(resource.identifier(), resource.href());
            }
        });
    }

    private Resource resource(String folder) throws RefusedException, InterruptedException {
        var identifier = xml.attribute("identifier");
        var type = xml.attribute("type");
        var scormType = xml.attribute("adlcp:scormtype");
        var href = href(folder);
        var files = new ArrayList<String>();
        xml.children("file", name -> {
            var file = href(folder);
            if (file != null) {
                files.add(file);
            }
            xml.skip();
        });
        return new Resource(identifier, type, href, scormType, files);
    }

    private @Nullable String href(String folder) throws RefusedException {
        var href = xml.attribute("href");
        return href == null ? null : within("href", href, PackagePath.file(folder, href));
    }

    private String folder(String parent) throws RefusedException {
        var base = xml.attribute("xml:base");
        return base == null ? parent : within("xml:base", base, PackagePath.folder(parent, base));
    }

    private String within(String attribute, String value, Optional<String> path) throws RefusedException {
        if (path.isEmpty()) {
            throw xml.refused(attribute + " must be a path within the package such as content/index.html, was "
                    + RefusedException.quote(value));
        }
        return xml.keep(path.get());
    }

    private Manifest assemble(@Nullable String identifier) throws RefusedException {
        var first = organizations.stream()
                .filter(organization -> Objects.equals(organization.identifier, defaultOrganization))
                .findFirst()
                .or(() -> organizations.stream().findFirst());
        var ways = new ArrayList<Organization>();
        for (var organization : organizations) {
            ways.add(new Organization(organization.identifier, organization.title, items(organization)));
        }
        return new Manifest(
                scorm(),
                edition(),
                identifier,
                first.map(organization -> organization.title).orElse(null),
                first.flatMap(this::launch).orElse(null),
                ways,
                resources);
    }

    private List<Item> items(Chapter chapter) throws RefusedException {
        var items = new ArrayList<Item>();
        for (var item : chapter.items) {
            var href = href(item);
            items.add(new Item(
                    item.identifier,
                    item.title,
                    href == null ? null : xml.keep(href),
                    item.parameters,
                    item.masteryScore,
                    items(item)));
        }
        return items;
    }

    private @Nullable String href(Chapter item) {
        return item.resource == null ? null : hrefs.get(item.resource);
    }

    private Optional<String> launch(Chapter chapter) {
        var href = href(chapter);
        return href == null
                ? chapter.items.stream().flatMap(item -> launch(item).stream()).findFirst()
                : Optional.of(PackagePath.launch(href, chapter.parameters == null ? "" : chapter.parameters));
    }

    /** By what it says, which may be wrong or left out, and then by the namespaces it uses. */
    private String scorm() throws RefusedException {
        var version = String.valueOf(schemaVersion).toLowerCase(Locale.ROOT);
        if (version.startsWith("2004") || version.equals("cam 1.3")) {
            return "2004";
        }
        if (version.equals("1.2") || xml.declares(ManifestXml.ADLCP_1_2)) {
            return "1.2";
        }
        if (xml.declares(ManifestXml.ADLCP_2004)) {
            return "2004";
        }
        throw xml.refused(
                "it is neither of SCORM 1.2 nor of 2004: schemaversion must be 1.2, CAM 1.3 or such as 2004 4th"
                        + " Edition, was "
                        + RefusedException.quote(String.valueOf(schemaVersion)));
    }

    private @Nullable Integer edition() {
        var edition = EDITION.matcher(String.valueOf(schemaVersion));
        return edition.matches() ? Integer.valueOf(edition.group(1)) : null;
    }
}
