package dev.freshet.benchmarks.micro;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.Programs;
import dev.freshet.cache.EntryMicro;
import dev.freshet.ingest.ReceiveMicro;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.openjdk.jmh.generators.core.BenchmarkGenerator;
import org.openjdk.jmh.generators.core.FileSystemDestination;
import org.openjdk.jmh.generators.reflection.RFGeneratorSource;

/** Runs JMH over the single steps, in a JVM of its own: nanoseconds and bytes allocated for each. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class MicroBenchmark {
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Class<?>[] STEPS = {ReceiveMicro.class, JobMicro.class, EntryMicro.class};

    private MicroBenchmark() {}

    /** JMH's own processor would make the build slower for everybody; what it generates is made here. */
    public static boolean run() throws Exception {
        var folder = Mode.folder().resolve("micro");
        var sources = Files.createDirectories(folder.resolve("sources"));
        var classes = Files.createDirectories(folder.resolve("classes"));
        generate(sources, classes);
        compile(sources, classes);
        var results = folder.resolve("results.json");
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var path = classes + File.pathSeparator + System.getProperty("java.class.path");
        var log = folder.resolve("jmh.log");
        Programs.run(
                LONGEST,
                folder,
                log,
                Map.of(),
                java,
                "-cp",
                path,
                "org.openjdk.jmh.Main",
                "-f",
                "1",
                "-wi",
                "4",
                "-w",
                "500ms",
                "-i",
                "6",
                "-r",
                "500ms",
                "-bm",
                "avgt",
                "-tu",
                "ns",
                "-prof",
                "gc",
                "-rf",
                "json",
                "-rff",
                results.toString());
        return print(results);
    }

    private static void generate(Path sources, Path classes) {
        var destination = new FileSystemDestination(classes.toFile(), sources.toFile());
        var source = new RFGeneratorSource();
        source.processClasses(STEPS);
        var generator = new BenchmarkGenerator();
        generator.generate(source, destination);
        generator.complete(source, destination);
        if (destination.hasErrors()) {
            destination.getErrors().forEach(System.err::println);
            throw new BrokenOffException("JMH could not prepare the benchmarks");
        }
    }

    private static void compile(Path sources, Path classes) throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new BrokenOffException("this benchmark needs a JDK, not only a JRE");
        }
        var arguments = new ArrayList<>(List.of(
                "-nowarn", "-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        if (compiler.run(null, null, null, arguments.toArray(String[]::new)) != 0) {
            throw new BrokenOffException("what JMH generated could not be compiled");
        }
    }

    private static boolean print(Path results) throws IOException {
        var figures = new ArrayList<String>();
        for (var result : new JsonMapper().readTree(results.toFile())) {
            var full = result.path("benchmark").asText();
            var name = full.substring(full.lastIndexOf('.') + 1);
            double nanos = result.path("primaryMetric").path("score").asDouble();
            double bytes = result.path("secondaryMetrics")
                    .path("gc.alloc.rate.norm")
                    .path("score")
                    .asDouble();
            System.out.printf(Locale.ROOT, "  %-12s %,8.0f ns %,8.0f bytes%n", name, nanos, bytes);
            figures.add("\"%s\":{\"ns\":%.0f,\"bytes\":%.0f}".formatted(name, nanos, bytes));
        }
        System.out.println("{\"name\":\"micro\",\"steps\":{" + String.join(",", figures) + "},\"lost\":0}");
        return !figures.isEmpty();
    }
}
