package dev.freshet.benchmarks.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** Records where the time of a benchmark goes, with JDK Flight Recorder, when that was asked for. */
@SuppressWarnings("SystemOut") // it talks to a person
public final class Profile {
    private static final int MOST = 25;

    private Profile() {}

    /** What may go wrong in it is its own. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws Exception;
    }

    /** Runs something in this process, recorded as {@code NAME.jfr}. */
    public static <T> T of(String name, Work<T> work) throws Exception {
        if (!Mode.current().isProfiled()) {
            return work.run();
        }
        try (var recording = new Recording(configuration())) {
            recording.start();
            try {
                return work.run();
            } finally {
                recording.stop();
                recording.dump(Files.createDirectories(Mode.folder()).resolve(name + ".jfr"));
                print(name);
            }
        }
    }

    /** What a JVM is to be started with to be recorded as {@code NAME.jfr}; nothing when it is not. */
    public static List<String> options(String name) {
        return Mode.current().isProfiled()
                ? List.of("-XX:StartFlightRecording=settings=profile,dumponexit=true,filename=" + file(name))
                : List.of();
    }

    /** Prints what was on top of the stacks, and what was allocated, of a recording that has ended. */
    public static void print(String name) throws IOException {
        if (!Mode.current().isProfiled() || !Files.exists(file(name))) {
            return;
        }
        Map<String, Long> frames = new HashMap<>();
        Map<String, Long> allocated = new HashMap<>();
        try (var recording = new RecordingFile(file(name))) {
            while (recording.hasMoreEvents()) {
                var event = recording.readEvent();
                var stack = event.getStackTrace();
                boolean isSample = event.getEventType().getName().equals("jdk.ExecutionSample");
                if (isSample && stack != null && !stack.getFrames().isEmpty()) {
                    frames.merge(text(stack.getFrames().getFirst()), 1L, Long::sum);
                } else if (event.getEventType().getName().equals("jdk.ObjectAllocationSample")) {
                    allocated.merge(event.getClass("objectClass").getName(), event.getLong("weight"), Long::sum);
                }
            }
        }
        System.out.println("  " + file(name));
        print("samples on top of the stack", frames);
        print("bytes allocated", allocated);
    }

    private static void print(String title, Map<String, Long> counts) {
        long all = counts.values().stream().mapToLong(Long::longValue).sum();
        System.out.printf(Locale.ROOT, "  %,d %s%n", all, title);
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(MOST)
                .forEach(entry -> System.out.printf(
                        Locale.ROOT, "  %5.1f %%  %s%n", 100.0 * entry.getValue() / all, entry.getKey()));
    }

    private static String text(RecordedFrame frame) {
        var method = frame.getMethod();
        return method.getType().getName() + "." + method.getName();
    }

    private static Path file(String name) {
        return Mode.folder().resolve(name + ".jfr");
    }

    private static Configuration configuration() throws IOException {
        try {
            return Configuration.getConfiguration("profile");
        } catch (ParseException e) {
            throw new IOException(e);
        }
    }
}
