package dev.freshet.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.freshet.settings.Settings;
import dev.freshet.testing.Project;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Each catalog in the documentation, and each that comes with Freshet: editors take it by the schema, Freshet reads it. */
class DocumentedCatalogsTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\R(.*?)^```");
    private static final Pattern SECTION =
            Pattern.compile("(?m)\\A(#.*\\R)*(" + String.join("|", CatalogParser.SECTIONS) + "):");
    private static final Pattern SECRET = Pattern.compile("\\$\\{(\\w+_SECRETS?)}");
    private static final String SITES =
            "sites: { main: { scheme: thinkific, secrets: s }, app: { scheme: freshet, secrets: s } }\n";
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(CatalogReader.class.getResourceAsStream("/catalogs/catalog.schema.json"));

    /** @param at such as {@code catalog.md:15} */
    record Example(String at, String text) {
        boolean isCatalog() {
            return SECTION.matcher(text).find();
        }

        @Override
        public String toString() {
            return at;
        }
    }

    static Stream<Example> examples() throws IOException {
        try (var pages = Files.list(Project.path("docs"))) {
            var found = pages.filter(page -> page.toString().endsWith(".md"))
                    .sorted()
                    .flatMap(DocumentedCatalogsTest::blocks)
                    .filter(Example::isCatalog)
                    .toList();
            assertThat(found).hasSizeGreaterThan(10);
            return found.stream();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void anExampleIsOneForEditorsAndForFreshet(Example example) {
        var whole = example.text
                + (example.text.contains("application:") ? "" : "application: x\n")
                + (example.text.contains("sites:") ? "" : SITES);
        assertThat(SCHEMA.validate(json(whole))).isEmpty();
        var secrets = new HashMap<String, String>();
        SECRET.matcher(whole)
                .results()
                .forEach(variable -> secrets.put(variable.group(1), "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"));
        assertThat(CatalogReader.parse(example.at, whole, new Settings(secrets)).notes())
                .noneMatch(Problem::isError)
                .noneMatch(DocumentedCatalogsTest::isUnused);
    }

    /** A value of an event that each delivery must have for nothing. */
    private static boolean isUnused(Problem problem) {
        return problem.message().contains("is used nowhere");
    }

    @Test
    void thePageAboutTheFormatHasNoFragments() {
        assertThat(blocks(Project.path("docs/catalog.md"))).allMatch(Example::isCatalog);
    }

    @Test
    void theSchemaFindsWhatIsWrong() {
        assertThat(SCHEMA.validate(json("application: x\nviews: { v: { key: v, sql: s, tags: t, tll: 5m } }")))
                .hasSize(2);
        var write = "application: x\nevents: { a.b: { from: app, route: PUT /a, tags: t } }";
        assertThat(SCHEMA.validate(json(write))).isEmpty();
        assertThat(SCHEMA.validate(json(write.replace("PUT /a", "'PUT /a/{id}'"))))
                .hasSize(1);
    }

    static Stream<String> builtIn() {
        return CatalogReader.names().stream();
    }

    @ParameterizedTest
    @MethodSource("builtIn")
    void aBuiltInCatalogIsOneForEditors(String name) throws IOException {
        var file = Project.path("shared-model/src/main/resources/catalogs/" + name + "/catalog.yaml");
        assertThat(SCHEMA.validate(json(Files.readString(file)))).isEmpty();
        assertThat(CatalogReader.read(name, Map.of()).notes()).noneMatch(DocumentedCatalogsTest::isUnused);
    }

    private static Stream<Example> blocks(Path page) {
        try {
            var text = Files.readString(page);
            return BLOCK.matcher(text).results().map(block -> example(page, text, block));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Example example(Path page, String text, MatchResult block) {
        long line = text.substring(0, block.start()).lines().count() + 1;
        return new Example(page.getFileName() + ":" + line, block.group(1));
    }

    private static JsonNode json(String yaml) {
        var options = new LoaderOptions();
        return new JsonMapper().valueToTree(new Yaml(new SafeConstructor(options)).load(yaml));
    }
}
