package dev.freshet.scorm;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.view.ViewFunction;
import dev.freshet.view.ViewFunctionException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * {@code scorm-manifest}: what a SCORM package says of itself, as JSON. The option {@code directory} says where the packages lie; the
 * values are {@code filename}, the name of one of them, and {@code mtime}, when that was last written: Unix time in seconds or
 * milliseconds. There is none when no such file is there, or it is of another time. For the JSON see {@link Manifest}.
 */
public final class ScormManifests implements ViewFunction {
    private static final String DIRECTORY = "directory";
    private static final JsonMapper JSON = new JsonMapper();

    @Override
    public String name() {
        return "scorm-manifest";
    }

    @Override
    public void check(Map<String, String> options) {
        for (var option : options.keySet()) {
            if (!option.equals(DIRECTORY)) {
                throw new IllegalArgumentException(name() + " has no option " + option + ", only " + DIRECTORY);
            }
        }
        var directory = directory(options);
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException(
                    "option directory of " + name() + " must be the directory with the packages, was " + directory);
        }
    }

    @Override
    public Optional<byte[]> load(Map<String, String> values, Map<String, String> options)
            throws ViewFunctionException, InterruptedException {
        var filename = value(values, "filename");
        var mtime = value(values, "mtime");
        if (!PackageFile.isName(filename)) {
            throw ViewFunctionException.refusal(
                    "filename must be the name of a file, such as course.zip: letters, digits, spaces and . _ - ( )"
                            + " alone");
        }
        if (!mtime.matches("\\d{1,18}")) {
            throw ViewFunctionException.refusal("mtime must be a Unix time in seconds or milliseconds");
        }
        try {
            return load(directory(options), filename, Long.parseLong(mtime));
        } catch (RefusedException | ZipException | EOFException e) {
            throw ViewFunctionException.permanent(
                    "cannot read package " + RefusedException.quote(filename) + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw ViewFunctionException.temporary(
                    "cannot read package " + RefusedException.quote(filename) + " now: " + e, e);
        }
    }

    private static Optional<byte[]> load(Path directory, String filename, long mtime)
            throws RefusedException, IOException, InterruptedException {
        var file = PackageFile.find(directory, filename);
        if (file.isEmpty() || !file.get().isOf(mtime)) {
            return Optional.empty();
        }
        var manifest = ManifestReader.read(file.get().manifest());
        return file.get().hasChanged() ? Optional.empty() : Optional.of(JSON.writeValueAsBytes(manifest));
    }

    private Path directory(Map<String, String> options) {
        var directory = options.get(DIRECTORY);
        if (directory == null || directory.isBlank()) {
            throw new IllegalArgumentException(
                    name() + " needs the option directory: where the packages lie, such as /srv/packages");
        }
        try {
            return Path.of(directory);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(
                    "option directory of " + name() + " must be a path: " + e.getMessage(), e);
        }
    }

    private String value(Map<String, String> values, String parameter) throws ViewFunctionException {
        @Nullable String value = values.get(parameter);
        if (value == null) {
            throw ViewFunctionException.permanent(
                    "a view by " + name() + " needs the parameters filename and mtime, and has no " + parameter, null);
        }
        return value;
    }
}
