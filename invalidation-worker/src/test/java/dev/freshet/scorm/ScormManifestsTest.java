package dev.freshet.scorm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.view.ViewFunction;
import dev.freshet.view.ViewFunctionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScormManifestsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Instant WRITTEN = Instant.parse("2026-03-04T05:06:07.890Z");
    private static final String MANIFEST = "imsmanifest.xml";

    private static final String SCORM_1_2 = """
        <?xml version="1.0" standalone="no"?>
        <!-- one chapter with two steps, and a step without a page -->
        <manifest identifier="golf" version="1"
            xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
            xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
          <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
          <organizations default="main">
            <organization identifier="other"><title>Another way</title></organization>
            <organization identifier="main">
              <title> Golf für <![CDATA[Anfänger & Profis]]> </title>
              <item identifier="chapter"><title>Playing</title>
                <item identifier="play" identifierref="shared" parameters="?content=playing"><title>Play</title></item>
                <item identifier="quiz" identifierref="quiz">
                  <title>Quiz</title><adlcp:masteryscore>80</adlcp:masteryscore>
                </item>
              </item>
              <item identifier="lost" identifierref="nothing"/>
              <metadata><title>not this one</title></metadata>
            </organization>
          </organizations>
          <resources>
            <resource identifier="shared" type="webcontent" adlcp:scormtype="sco" href="shared/launch page.html">
              <file href="shared/launch page.html"/><file href="shared\\style.css"/><dependency identifierref="quiz"/>
            </resource>
            <resource identifier="quiz" type="webcontent" adlcp:scormtype="asset" href="quiz.html?n=1#top"/>
          </resources>
          <manifest identifier="inner"><organizations><organization><title>Inner</title></organization></organizations></manifest>
        </manifest>
        """;

    private static final String SCORM_2004 = """
        <?xml version="1.0" encoding="UTF-8"?>
        <ims:manifest identifier="safety" xml:base="course/"
            xmlns:ims="http://www.imsglobal.org/xsd/imscp_v1p1"
            xmlns:adl="http://www.adlnet.org/xsd/adlcp_v1p3"
            xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
          <ims:metadata><ims:schema>ADL SCORM</ims:schema><ims:schemaversion>EDITION</ims:schemaversion></ims:metadata>
          <ims:organizations default="main">
            <ims:organization identifier="main">
              <ims:title>Safety</ims:title>
              <ims:item identifier="exam" identifierref="exam" parameters="level=2">
                <ims:title>Exam</ims:title>
                <imsss:sequencing>
                  <imsss:objectives>
                    <imsss:primaryObjective satisfiedByMeasure="true">
                      <imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure>
                    </imsss:primaryObjective>
                    <imsss:objective><imsss:minNormalizedMeasure>0.1</imsss:minNormalizedMeasure></imsss:objective>
                  </imsss:objectives>
                </imsss:sequencing>
              </ims:item>
            </ims:organization>
          </ims:organizations>
          <ims:resources xml:base="pages">
            <ims:resource identifier="exam" type="webcontent" adl:scormType="sco" xml:base="./exam/" href="../start.html">
              <ims:file href="exam.js"/>
            </ims:resource>
          </ims:resources>
        </ims:manifest>
        """;

    private static final String SMALLEST = """
        <manifest xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3">
          <organizations>
            <organization><item identifierref="r"/></organization>
          </organizations>
          <resources><resource identifier="r" href="index.html"/></resources>
        </manifest>
        """;

    private final ScormManifests manifests = new ScormManifests();

    @TempDir
    private Path directory;

    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(ViewFunction.class))
                .extracting(ViewFunction::name)
                .contains("scorm-manifest");
    }

    @Test
    void readsScorm12() throws Exception {
        write("golf.zip", SCORM_1_2);

        assertThat(read("golf.zip")).isEqualTo(JSON.readTree("""
            {"scorm": "1.2", "edition": null, "identifier": "golf", "title": "Golf für Anfänger & Profis",
             "launch": "shared/launch page.html?content=playing",
             "organizations": [
              {"identifier": "other", "title": "Another way", "items": []},
              {"identifier": "main", "title": "Golf für Anfänger & Profis", "items": [
                {"identifier": "chapter", "title": "Playing", "href": null, "parameters": null, "masteryScore": null, "items": [
                  {"identifier": "play", "title": "Play", "href": "shared/launch page.html", "parameters": "?content=playing",
                   "masteryScore": null, "items": []},
                  {"identifier": "quiz", "title": "Quiz", "href": "quiz.html?n=1#top", "parameters": null,
                   "masteryScore": 80, "items": []}]},
                {"identifier": "lost", "title": null, "href": null, "parameters": null, "masteryScore": null, "items": []}]}],
             "resources": [
              {"identifier": "shared", "type": "webcontent", "href": "shared/launch page.html", "scormType": "sco",
               "files": ["shared/launch page.html", "shared/style.css"]},
              {"identifier": "quiz", "type": "webcontent", "href": "quiz.html?n=1#top", "scormType": "asset", "files": []}]}
            """));
    }

    @ParameterizedTest
    @CsvSource({"CAM 1.3,", "2004 3rd Edition, 3", "2004 4th Edition, 4", "'',"})
    void readsScorm2004(String schemaVersion, Integer edition) throws Exception {
        write("safety.zip", SCORM_2004.replace("EDITION", schemaVersion));

        assertThat(read("safety.zip")).isEqualTo(JSON.readTree("""
            {"scorm": "2004", "edition": %s, "identifier": "safety", "title": "Safety",
             "launch": "course/pages/start.html?level=2",
             "organizations": [{"identifier": "main", "title": "Safety", "items": [
                {"identifier": "exam", "title": "Exam", "href": "course/pages/start.html", "parameters": "level=2",
                 "masteryScore": 0.8, "items": []}]}],
             "resources": [{"identifier": "exam", "type": "webcontent", "href": "course/pages/start.html", "scormType": "sco",
                            "files": ["course/pages/exam/exam.js"]}]}
            """.formatted(edition)));
    }

    @Test
    void aMeasureThatIsNotSaidIsOneAndCountsOnlyWhenItSatisfies() throws Exception {
        var measure = "<imsss:minNormalizedMeasure>0.8</imsss:minNormalizedMeasure>";
        write("all.zip", SCORM_2004.replaceFirst(measure, ""));
        write("none.zip", SCORM_2004.replace("satisfiedByMeasure=\"true\"", ""));

        assertThat(read("all.zip").at("/organizations/0/items/0/masteryScore").intValue())
                .isEqualTo(1);
        assertThat(read("none.zip").at("/organizations/0/items/0/masteryScore").isNull())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16", "ISO-8859-1"})
    void readsAnyEncodingThatIsDeclared(String encoding) throws Exception {
        var manifest = "<?xml version=\"1.0\" encoding=\"" + encoding + "\"?>" + SMALLEST.replace("index", "Übung");
        write("course.zip", Map.of(MANIFEST, manifest.getBytes(Charset.forName(encoding))));

        assertThat(read("course.zip").get("launch").textValue()).isEqualTo("Übung.html");
    }

    @Test
    void readsUtf8WithItsMark() throws Exception {
        write("course.zip", "\ufeff<?xml version='1.0' encoding='utf-8'?>" + SMALLEST);

        assertThat(read("course.zip").get("launch").textValue()).isEqualTo("index.html");
    }

    @Test
    void refusesEncodingsThatAreUnknownOrNotThoseDeclared() throws Exception {
        var latin1 = latin1("<?xml version='1.0' encoding='UTF-8'?>" + SMALLEST.replace("index", "Übung"));
        write("other.zip", Map.of(MANIFEST, latin1));
        write("unknown.zip", "<?xml version='1.0' encoding='x-none'?>" + SMALLEST);

        assertRefused(
                "other.zip", "imsmanifest.xml must have the encoding it declares, else UTF-8, and is not 'UTF-8'");
        assertRefused("unknown.zip", "and is not 'x-none'");
    }

    @Test
    void readsNamesWithUmlautsOfFilesAndOfEntriesInOldCodePages() throws Exception {
        try (var zip = new ZipOutputStream(
                Files.newOutputStream(directory.resolve("Übung für Anfänger (2).ZIP")), Charset.forName("IBM437"))) {
            zip.putNextEntry(new ZipEntry("Übung.html"));
            zip.putNextEntry(new ZipEntry(MANIFEST));
            zip.write(SMALLEST.getBytes(StandardCharsets.UTF_8));
        }
        touch("Übung für Anfänger (2).ZIP", WRITTEN);

        assertThat(read("Übung für Anfänger (2).ZIP").get("launch").textValue()).isEqualTo("index.html");
    }

    @Test
    void isThereForItsOwnTimeAlone() throws Exception {
        write("course.zip", SMALLEST);
        touch("course.zip", WRITTEN.plusNanos(500_000));

        for (long mtime : new long[] {
            WRITTEN.getEpochSecond(), WRITTEN.getEpochSecond() + 1, WRITTEN.toEpochMilli(), WRITTEN.toEpochMilli() + 1
        }) {
            assertThat(load("course.zip", mtime)).as("of %s", mtime).isPresent();
        }
        for (long mtime : new long[] {
            0,
            999_999_999_999_999_999L,
            WRITTEN.getEpochSecond() - 1,
            WRITTEN.getEpochSecond() + 2,
            WRITTEN.toEpochMilli() - 1,
            WRITTEN.toEpochMilli() + 2
        }) {
            assertThat(load("course.zip", mtime)).as("of %s", mtime).isEmpty();
        }
    }

    /** Else it would be cached under the time of a file that may replace it a moment later. */
    @Test
    void aTimeWithoutAFractionIsNotRoundedUp() throws Exception {
        write("course.zip", SMALLEST);
        long seconds = WRITTEN.getEpochSecond();
        touch("course.zip", Instant.ofEpochSecond(seconds));

        for (long mtime : new long[] {seconds, seconds * 1_000}) {
            assertThat(load("course.zip", mtime)).as("of %s", mtime).isPresent();
            assertThat(load("course.zip", mtime + 1)).as("of %s", mtime + 1).isEmpty();
        }
    }

    @Test
    void aFileThatIsNotThereIsNone() throws Exception {
        write("course.zip", SMALLEST);
        Files.move(directory.resolve("course.zip"), directory.resolve("renamed.zip"));

        assertThat(load("course.zip", WRITTEN.toEpochMilli())).isEmpty();
        assertThat(load("renamed.zip", WRITTEN.toEpochMilli())).isPresent();
    }

    @Test
    void aFileThatIsReplacedMeanwhileIsSeen() throws Exception {
        write("course.zip", SMALLEST);
        var file = PackageFile.find(directory, "course.zip").orElseThrow();
        assertThat(file.hasChanged()).isFalse();

        touch("course.zip", WRITTEN.plusSeconds(1));
        assertThat(file.hasChanged()).isTrue();

        Files.delete(directory.resolve("course.zip"));
        assertThat(file.hasChanged()).isTrue();
    }

    @Test
    void aDirectoryThatIsAwayIsNoAnswer() {
        var failure = failure(directory.resolve("away"), "course.zip");

        assertThat(failure.isPermanent()).isFalse();
        assertThat(failure)
                .hasMessageContaining("cannot read package 'course.zip' now")
                .hasMessageContaining("away");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret.zip",
                "..zip",
                "a..zip",
                "/etc/passwd.zip",
                "inner/course.zip",
                "inner\\course.zip",
                "course.zip\0.zip",
                "course.zip\n",
                "C:course.zip",
                "%2e%2e%2fcourse.zip",
                "course.tar",
                ".zip",
                ""
            })
    void refusesNamesThatAreNone(String filename) {
        var failure = failure(directory, filename);

        assertThat(failure.isRefusal()).isTrue();
        assertThat(failure).hasMessageStartingWith("filename must be the name of a file, such as course.zip");
    }

    @Test
    void refusesLinksAndDirectories() throws Exception {
        write("course.zip", SMALLEST);
        Files.createSymbolicLink(directory.resolve("link.zip"), directory.resolve("course.zip"));
        Files.createDirectory(directory.resolve("folder.zip"));

        assertRefused("link.zip", "it must be a file, and is a symbolic link");
        assertRefused("folder.zip", "it must be a file");
    }

    @Test
    void refusesWhatIsNoZipFile() throws Exception {
        var whole = zip(Map.of(MANIFEST, bytes(SMALLEST)));
        write("empty.zip", new byte[0]);
        write("text.zip", bytes(SMALLEST));
        write("cut.zip", Arrays.copyOf(whole, whole.length - 30));
        write("longer.zip", Arrays.copyOf(whole, whole.length + 30));

        assertRefused("empty.zip", "it is no zip file, or the end of it is missing");
        assertRefused("text.zip", "it is no zip file");
        assertRefused("cut.zip", "it is no zip file");
        assertRefused("longer.zip", "something follows the zip file");
    }

    @Test
    void refusesAPackageWithoutAManifestAtItsRoot() throws Exception {
        write("none.zip", Map.of("index.html", bytes("<html/>")));
        write("folder.zip", Map.of("course/imsmanifest.xml", bytes(SMALLEST)));
        write("case.zip", Map.of("IMSManifest.xml", bytes(SMALLEST)));

        assertRefused("none.zip", "it has no imsmanifest.xml at its root");
        assertRefused(
                "folder.zip", "only 'course/imsmanifest.xml': zip the content of the course's folder, not the folder");
        assertRefused("case.zip", "only 'IMSManifest.xml'");
    }

    @Test
    void refusesTwoManifestsOfOneName() throws Exception {
        var zip = zip(Map.of(MANIFEST, bytes(SMALLEST), "imsmanifest.xm1", bytes(SCORM_1_2)));
        write("two.zip", latin1(latin1(zip).replace("imsmanifest.xm1", MANIFEST)));

        assertRefused("two.zip", "it has 2 entries imsmanifest.xml, and must have one");
    }

    @Test
    void refusesABomb() throws Exception {
        write("bomb.zip", zip(MANIFEST, 256 << 20));

        assertThat(Files.size(directory.resolve("bomb.zip"))).isLessThan(2 << 20);
        assertRefused("bomb.zip", "imsmanifest.xml is larger than 4 MiB");
    }

    @Test
    void refusesAnEntryThatClaimsToBeSmall() throws Exception {
        write("liar.zip", claiming(10, zip(MANIFEST, 8 << 20)));
        write("small.zip", claiming(10, zip(Map.of(MANIFEST, bytes(SMALLEST)))));

        assertRefused("liar.zip", "imsmanifest.xml is larger than 4 MiB");
        assertRefused("small.zip", "and the zip file says 10: it is damaged");
    }

    @Test
    void refusesAPackageOfTooManyEntries() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i <= 20_000; i++) {
                zip.putNextEntry(new ZipEntry("page" + i));
            }
        }
        write("many.zip", bytes.toByteArray());

        assertRefused("many.zip", "it has 20001 entries, and a package may have 20000");
    }

    @Test
    void refusesAListOfEntriesThatIsTooLongBeforeItIsRead() throws Exception {
        var zip = zip(Map.of(MANIFEST, bytes(SMALLEST)));
        little(zip).putInt(zip.length - 22 + 12, Integer.MAX_VALUE);
        write("long.zip", zip);
        little(zip).putInt(zip.length - 22 + 12, -1);
        write("zip64.zip", zip);

        assertRefused("long.zip", "the list of its entries is larger than 8 MiB");
        assertRefused("zip64.zip", "the list of its entries is larger than 8 MiB");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE manifest>",
                "<!DOCTYPE manifest [<!ENTITY x \"y\">]>",
                "<!DOCTYPE manifest SYSTEM \"FILE\">",
                "<!DOCTYPE manifest [<!ENTITY x SYSTEM \"FILE\">]>",
                "<!DOCTYPE manifest [<!ENTITY % p SYSTEM \"FILE\"> %p;]>",
                "<!DOCTYPE manifest [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY x"
                        + " \"&b;&b;&b;&b;&b;&b;&b;\">]>"
            })
    void refusesEveryDtdAndWhatItBrings(String doctype) throws Exception {
        var secret = Files.writeString(directory.resolve("secret.txt"), "hunter2");
        var manifest = doctype.replace("FILE", secret.toUri().toString())
                + SMALLEST.replace("<organization>", "<organization><title>&x;</title>");
        write("course.zip", manifest);

        assertThat(refusal("course.zip"))
                .contains("imsmanifest.xml, line 1: a DTD and entities of its own are refused, leave <!DOCTYPE …> out")
                .doesNotContain("hunter2");
    }

    @Test
    void refusesEntitiesWithoutADtd() throws Exception {
        write("course.zip", SMALLEST.replace("index.html", "&x;"));

        assertThat(refusal("course.zip")).contains("imsmanifest.xml, line 5");
    }

    @Test
    void fetchesNothingThatAnXIncludeNames() throws Exception {
        var secret = Files.writeString(directory.resolve("secret.txt"), "hunter2");
        write(
                "course.zip",
                SMALLEST.replace(
                        "<organization>",
                        "<organization><title><x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" parse=\"text\""
                                + " href=\""
                                + secret.toUri() + "\"/></title>"));

        assertThat(read("course.zip").get("title").isNull()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../index.html",
                "a/../../index.html",
                "..\\index.html",
                "%2e%2E/index.html",
                "a/%2e./../index.html",
                "..%2findex.html",
                "a%5c..%5c..%5cindex.html",
                "/index.html",
                "\\index.html",
                "//evil.example/index.html",
                "\\\\evil.example\\index.html",
                "https://evil.example/",
                "javascript:alert(1)",
                "./javascript:alert(1)",
                "a/../javascript:alert(1)",
                "java&#9;script:alert(1)",
                "file:///etc/passwd",
                "a&#10;b.html",
                "index.html%00.png",
                "?only=query",
                "a/.."
            })
    void refusesPathsThatLeadOutOfThePackage(String href) throws Exception {
        write("course.zip", SMALLEST.replace("index.html", href));

        assertRefused(
                "course.zip",
                "imsmanifest.xml, line 5: href must be a path within the package such as content/index.html, was '");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../", "https://evil.example/", "/", "a/?b=", "javascript:alert(1)//"})
    void refusesBasesThatLeadOutOfThePackage(String base) throws Exception {
        write("course.zip", SMALLEST.replace("<resources>", "<resources xml:base=\"" + base + "\">"));

        assertRefused("course.zip", "imsmanifest.xml, line 5: xml:base must be a path within the package");
    }

    @ParameterizedTest
    @CsvSource({
        "index.html, index.html",
        "./a//b/../index.html, a/index.html",
        "a/..index.html, a/..index.html",
        "100%25.html, 100%25.html",
        "index.html?next=../x:y, index.html?next=../x:y",
        "index.html#a/../.., index.html#a/../..",
        "' index.html ', index.html"
    })
    void resolvesPathsWithinThePackage(String href, String path) throws Exception {
        write("course.zip", SMALLEST.replace("index.html", href));

        assertThat(read("course.zip").get("launch").textValue()).isEqualTo(path);
    }

    @ParameterizedTest
    @CsvSource({
        "a.html, ?x=1, a.html?x=1",
        "a.html, x=1, a.html?x=1",
        "a.html, &?x=1, a.html?x=1",
        "a.html?y=2, ?x=1, a.html?y=2&x=1",
        "a.html, '#top', a.html#top",
        "a.html?y=2, '#top', a.html?y=2",
        "a.html#end, '#top', a.html#end",
        "a.html, '?&', a.html"
    })
    void launchesWithParametersAsTheStandardSays(String file, String parameters, String launch) {
        assertThat(PackagePath.launch(file, parameters)).isEqualTo(launch);
    }

    @Test
    void refusesWhatIsNoScormManifest() throws Exception {
        write("html.zip", "<html xmlns='http://www.w3.org/1999/xhtml'/>");
        write("cartridge.zip", SCORM_1_2.replace(">1.2<", ">1.3.0<").replace("adlcp_rootv1p2", "imscc"));
        write("cut.zip", SCORM_1_2.substring(0, 900));
        write("blank.zip", "  ");
        write("score.zip", SCORM_1_2.replace(">80<", ">1e999999999<"));

        assertRefused("html.zip", "imsmanifest.xml, line 1: the root must be <manifest>, was 'html'");
        assertRefused("cartridge.zip", "schemaversion must be 1.2, CAM 1.3 or such as 2004 4th Edition, was '1.3.0'");
        assertRefused("cut.zip", "it must be well-formed XML, and is not");
        assertRefused("blank.zip", "imsmanifest.xml");
        assertRefused("score.zip", "line 14: a mastery score must be a number such as 80 or 0.8, was '1e999999999'");
    }

    @Test
    void refusesWhatIsLargerThanAnyManifest() throws Exception {
        var item = "<item identifierref=\"r\"/>";
        write("deep.zip", within("<x>".repeat(58) + "</x>".repeat(58)));
        write("elements.zip", within("<x/>".repeat(50_000)));
        write("items.zip", within(item.repeat(10_000)));
        write("nested.zip", within("<item>".repeat(21) + "</item>".repeat(21)));
        write("text.zip", within("<title>" + "t".repeat(4_097) + "</title>"));
        write("attribute.zip", within("<item identifier=\"" + "i".repeat(4_097) + "\"/>"));
        write("attributes.zip", within("<item" + attributes(12_000) + "/>"));

        assertRefused("deep.zip", "its elements are nested deeper than 60");
        assertRefused("elements.zip", "it has more than 50000 elements");
        assertRefused("items.zip", "it has more than 10000 organizations and items");
        assertRefused("nested.zip", "its items are nested deeper than 20");
        assertRefused("text.zip", "a text must have at most 4096 characters");
        assertRefused("attribute.zip", "a text must have at most 4096 characters");
        assertRefused("attributes.zip", "imsmanifest.xml, line 3");
    }

    @Test
    void readsWhatIsAsLargeAsAManifestMayBe() throws Exception {
        write("items.zip", within("<item identifierref=\"r\"/>".repeat(9_990)));
        write("nested.zip", within("<item>".repeat(20) + "</item>".repeat(20)));

        assertThat(read("items.zip").at("/organizations/0/items")).hasSize(9_991);
        assertThat(read("nested.zip").get("launch").textValue()).isEqualTo("index.html");
    }

    @Test
    void refusesASmallManifestThatMakesALargeAnswer() throws Exception {
        var base = "b".repeat(4_000);
        write(
                "files.zip",
                SMALLEST.replace(
                        "href=\"index.html\"/>",
                        "xml:base=\"" + base + "/\">" + "<file href=\"x\"/>".repeat(2_000) + "</resource>"));
        write("items.zip", within("<item identifierref=\"r\"/>".repeat(2_000)).replace("index.html", base));

        assertRefused("files.zip", "its texts and paths are longer than 4194304 characters together");
        assertRefused("items.zip", "its texts and paths are longer than 4194304 characters together");
    }

    @Test
    void whateverIsInItIsReadOrRefused() throws Exception {
        var random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            var manifest = bytes(i % 2 == 0 ? SCORM_1_2 : SCORM_2004);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                manifest[random.nextInt(manifest.length)] = (byte) random.nextInt(256);
            }
            var zip = zip(Map.of(MANIFEST, manifest));
            if (i % 3 == 0) {
                zip[random.nextInt(zip.length)] = (byte) random.nextInt(256);
            }
            write("course.zip", zip);
            try {
                load("course.zip", WRITTEN.toEpochMilli());
            } catch (ViewFunctionException e) {
                assertThat(e.isPermanent()).as("%s", e.getMessage()).isTrue();
                assertThat(e.getMessage())
                        .startsWith("cannot read package 'course.zip': ")
                        .doesNotContain("\n");
            }
        }
    }

    @Test
    void messagesQuoteWithoutControlCharactersAndNotTooMuch() throws Exception {
        write("course.zip", SMALLEST.replace("index.html", "/" + "x".repeat(1_000) + "&#10;"));
        write("lines.zip", SMALLEST.replace("index.html", "/a&#10;ERROR forged\u202e"));

        assertThat(refusal("course.zip")).endsWith("was '/" + "x".repeat(79) + "…'");
        assertThat(refusal("lines.zip")).endsWith("was '/a?ERROR forged?'");
    }

    @Test
    void stopsWhenItIsInterrupted() throws Exception {
        write("course.zip", SMALLEST);
        Thread.currentThread().interrupt();

        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> load("course.zip", WRITTEN.toEpochMilli()));
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void checksItsOptions() {
        manifests.check(Map.of("directory", directory.toString()));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifests.check(Map.of()))
                .withMessage(
                        "scorm-manifest needs the option directory: where the packages lie, such as /srv/packages");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifests.check(Map.of("directory", "/no/such")))
                .withMessage(
                        "option directory of scorm-manifest must be the directory with the packages, was /no/such");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> manifests.check(Map.of("directory", directory.toString(), "folder", "x")))
                .withMessage("scorm-manifest has no option folder, only directory");
    }

    @Test
    void saysWhichParameterAViewLacks() {
        var options = Map.of("directory", directory.toString());

        assertThat(catchThrowableOfType(
                        ViewFunctionException.class, () -> manifests.load(Map.of("filename", "course.zip"), options)))
                .hasMessage("a view by scorm-manifest needs the parameters filename and mtime, and has no mtime");
        assertThat(catchThrowableOfType(
                        ViewFunctionException.class,
                        () -> manifests.load(Map.of("filename", "course.zip", "mtime", "today"), options)))
                .hasMessage("mtime must be a Unix time in seconds or milliseconds");
    }

    private static String within(String content) {
        return SMALLEST.replace("<organization>", "<organization>" + content);
    }

    private static String attributes(int count) {
        var attributes = new StringBuilder();
        for (int i = 0; i < count; i++) {
            attributes.append(" a").append(i).append("=\"\"");
        }
        return attributes.toString();
    }

    private JsonNode read(String filename) throws Exception {
        return JSON.readTree(load(filename, WRITTEN.toEpochMilli()).orElseThrow());
    }

    private Optional<byte[]> load(String filename, long mtime) throws ViewFunctionException, InterruptedException {
        return manifests.load(
                Map.of("filename", filename, "mtime", String.valueOf(mtime)),
                Map.of("directory", directory.toString()));
    }

    private void assertRefused(String filename, String message) {
        assertThat(refusal(filename)).contains(message);
    }

    private String refusal(String filename) {
        var failure = failure(directory, filename);
        assertThat(failure.isPermanent()).as("%s", failure.getMessage()).isTrue();
        return String.valueOf(failure.getMessage());
    }

    private ViewFunctionException failure(Path directory, String filename) {
        return catchThrowableOfType(
                ViewFunctionException.class,
                () -> manifests.load(
                        Map.of("filename", filename, "mtime", String.valueOf(WRITTEN.toEpochMilli())),
                        Map.of("directory", directory.toString())));
    }

    private void write(String filename, String manifest) throws IOException {
        write(filename, Map.of(MANIFEST, bytes(manifest)));
    }

    private void write(String filename, Map<String, byte[]> entries) throws IOException {
        write(filename, zip(entries));
    }

    private void write(String filename, byte[] zip) throws IOException {
        Files.write(directory.resolve(filename), zip);
        touch(filename, WRITTEN);
    }

    private void touch(String filename, Instant written) throws IOException {
        Files.setLastModifiedTime(directory.resolve(filename), FileTime.from(written));
    }

    private static byte[] zip(Map<String, byte[]> entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /** One entry of so many spaces. */
    private static byte[] zip(String name, int size) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.setLevel(Deflater.BEST_SPEED);
            zip.putNextEntry(new ZipEntry(name));
            zip.write(bytes("<manifest>"));
            var spaces = new byte[1 << 20];
            Arrays.fill(spaces, (byte) ' ');
            for (int written = 0; written < size; written += spaces.length) {
                zip.write(spaces);
            }
        }
        return bytes.toByteArray();
    }

    /** The same with another size in the list of entries, which is where everybody looks. */
    private static byte[] claiming(int size, byte[] zip) {
        int list = little(zip).getInt(zip.length - 22 + 16);
        little(zip).putInt(list + 24, size);
        return zip;
    }

    private static ByteBuffer little(byte[] zip) {
        return ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
