package dev.freshet.benchmarks.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ChartTest {
    @Test
    void eachPointLiesWhereItsValuesAreAndTheWholeIsXml() throws Exception {
        var svg = new Chart("cost & depth", "jobs", "us a job")
                .add("claim", 1, 10)
                .add("claim", 1_000, 10)
                .add("settle", 1_000_000, 1)
                .svg();
        var document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(3);
        assertThat(svg)
                .contains("cost &amp; depth")
                .contains("<circle cx=\"70.0\" cy=\"36.0\"") // the least x, the highest y
                .contains("<circle cx=\"280.0\" cy=\"36.0\"") // half way up to a million
                .contains("<circle cx=\"490.0\" cy=\"272.0\"")
                .contains(">1M<");
    }
}
