package dev.freshet.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.CatalogReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SitesTest {
    @TempDir
    private Path folder;

    @Test
    void aSiteHasItsNameAsAnAddress() throws Exception {
        var sites = sites("payments: { scheme: stripe, secrets: s }", "shop: { scheme: shopify, secrets: s }");
        assertThat(name(sites.webhook("payments"))).isEqualTo("payments");
        assertThat(name(sites.webhook("shop"))).isEqualTo("shop");
        assertThat(name(sites.webhook("Shop"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("SHOPIFY"))).isEqualTo("nobody");
    }

    @Test
    void aSchemeMeansItsOnlySiteOrTheMainOne() throws Exception {
        var sites = sites(
                "main: { scheme: thinkific, secrets: s }",
                "second: { scheme: thinkific, secrets: s }",
                "payments: { scheme: stripe, secrets: s }",
                "a: { scheme: github, secrets: s }",
                "b: { scheme: github, secrets: s }");
        assertThat(name(sites.webhook("thinkific"))).isEqualTo("main");
        assertThat(name(sites.webhook("stripe"))).isEqualTo("payments");
        assertThat(name(sites.webhook("github"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("shopify"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("thinkific", "second"))).isEqualTo("second");
        assertThat(name(sites.webhook("stripe", "second"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("nothing", "second"))).isEqualTo("nobody");
    }

    @Test
    void theNameOfASiteGoesBeforeTheNameOfAScheme() throws Exception {
        var sites = sites("shopify: { scheme: stripe, secrets: s }", "shop: { scheme: shopify, secrets: s }");
        assertThat(name(sites.webhook("shopify"))).isEqualTo("shopify");
        assertThat(name(sites.webhook("stripe"))).isEqualTo("shopify");
        assertThat(name(sites.webhook("shopify", "shop"))).isEqualTo("shop");
    }

    @Test
    void anApplicationIsNoWebhookByItsName() throws Exception {
        var sites = sites("app: { scheme: freshet, secrets: s }", "stripe: { scheme: freshet, secrets: s }");
        assertThat(name(sites.webhook("app"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("stripe"))).isEqualTo("nobody");
        assertThat(name(sites.webhook("freshet", "app"))).isEqualTo("app");
        assertThat(sites.applications()).hasSize(2);
    }

    private static String name(Optional<Sender> sender) {
        return sender.map(found -> found.site().name()).orElse("nobody");
    }

    private Sites sites(String... lines) throws Exception {
        var yaml = "application: x\nsites:\n  " + String.join("\n  ", lines) + "\n";
        var file = Files.writeString(folder.resolve("x.yaml"), yaml);
        return new Sites(CatalogReader.read(file.toString(), Map.of()));
    }
}
