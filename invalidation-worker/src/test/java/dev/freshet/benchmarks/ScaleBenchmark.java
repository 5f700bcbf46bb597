package dev.freshet.benchmarks;

import dev.freshet.benchmarks.ingest.IngestScale;
import dev.freshet.benchmarks.queue.QueueScale;
import dev.freshet.benchmarks.tools.Curves;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * How costs grow: of a job with the depth of the queue, its bytes, the tags of an event, the views of the catalog,
 * partitions and workers; of a delivery with processes; of an invalidation with the keys of its tag. A line of JSON for each
 * point.
 */
@SuppressWarnings("SystemOut") // it talks to a person
final class ScaleBenchmark {
    private static final List<Integer> KEYS = List.of(10, 100, 1_000, 10_000, 100_000, 1_000_000);

    private ScaleBenchmark() {}

    /** @param words nothing, or a file with the lines of an earlier run, whose curves are drawn again */
    static boolean run(List<String> words) throws Exception {
        if (!words.isEmpty()) {
            Curves.of(Files.readAllLines(Path.of(words.getFirst()))).draw();
            return true;
        }
        var curves = new Curves();
        long lost = QueueScale.measure(curves) + IngestScale.measure(curves);
        InvalidateBenchmark.scale(KEYS, (keys, micros) -> curves.add("keys of a tag", "invalidate", keys, micros));
        curves.draw();
        System.out.printf(Locale.ROOT, "{\"name\":\"scale\",\"lost\":%d}%n", lost);
        return lost == 0;
    }
}
