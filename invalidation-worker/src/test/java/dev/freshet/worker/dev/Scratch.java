package dev.freshet.worker.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Story.Act;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A folder for the files of a stage, which goes with it, or with this JVM. */
final class Scratch implements AutoCloseable {
    private final Path folder;

    Scratch() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close)); // refused by a JVM that ends
        try {
            folder = Files.createTempDirectory("freshet-stage-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path folder() {
        return folder;
    }

    /** Writes a zip file; whoever reads it meanwhile has the old one whole, or the new one. */
    void put(Act.Put file) {
        var place = folder.resolve(file.file());
        try {
            Files.createDirectories(place.getParent());
            var draft = Files.createTempFile(folder, "draft", ".zip");
            try (var zip = new ZipOutputStream(Files.newOutputStream(draft))) {
                for (var entry : file.entries().entrySet()) {
                    zip.putNextEntry(new ZipEntry(entry.getKey()));
                    zip.write(entry.getValue().getBytes(UTF_8));
                    zip.closeEntry();
                }
            }
            Files.setLastModifiedTime(draft, FileTime.from(file.at()));
            Files.move(draft, place, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Does nothing the second time. */
    @Override
    public synchronized void close() {
        if (!Files.exists(folder)) {
            return;
        }
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + folder, e);
        }
    }
}
