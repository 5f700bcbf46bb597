package dev.freshet.scorm;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** One package: a zip file of which nothing but the list of its entries and the manifest is read. */
final class PackageFile {
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{M}\\p{N} ._()-]+\\.(?i:zip)");
    private static final String MANIFEST = "imsmanifest.xml";
    private static final int MOST_ENTRIES = 20_000;
    private static final int LARGEST_MANIFEST = 4 << 20;

    /** The list of entries is read into memory at once. 20,000 of them with long names take less than this. */
    private static final int LARGEST_LIST = 8 << 20;

    private final Path path;
    private final BasicFileAttributes attributes;

    private PackageFile(Path path, BasicFileAttributes attributes) {
        this.path = path;
        this.attributes = attributes;
    }

    /** Whether it can only be a file of the directory itself. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches() && !name.contains("..");
    }

    /**
     * @param name one that {@link #isName}
     * @return empty when there is no such file
     * @throws RefusedException when it is no file
     * @throws IOException when the directory is not there or may not be read
     */
    static Optional<PackageFile> find(Path directory, String name) throws RefusedException, IOException {
        try {
            var path = directory.resolve(name);
            var attributes = attributes(path);
            if (!attributes.isRegularFile()) {
                throw new RefusedException("it must be a file, and is a symbolic link, a directory or something else");
            }
            return Optional.of(new PackageFile(path, attributes));
        } catch (NoSuchFileException e) {
            if (!Files.isDirectory(directory)) {
                throw new NotDirectoryException(directory.toString());
            }
            return Optional.empty();
        } catch (InvalidPathException e) {
            throw new RefusedException("this machine cannot write its name: start Freshet with LC_ALL=C.UTF-8", e);
        }
    }

    /** Whether it was last written at this Unix time in seconds or milliseconds, rounded either way. */
    boolean isOf(long mtime) {
        return isRounded(mtime, TimeUnit.SECONDS) || isRounded(mtime, TimeUnit.MILLISECONDS);
    }

    private boolean isRounded(long mtime, TimeUnit unit) {
        var written = attributes.lastModifiedTime();
        long down = written.to(unit);
        return mtime == down || (mtime == down + 1 && !written.equals(FileTime.from(down, unit)));
    }

    /** Whether another file is there now, or none, than when it was found. */
    boolean hasChanged() throws IOException {
        try {
            var now = attributes(path);
            FileTime written = now.lastModifiedTime();
            return !written.equals(attributes.lastModifiedTime()) || now.size() != attributes.size();
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    /** Does not follow a symbolic link. */
    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** @return at most 4 MiB, however much the zip file would make of them */
    byte[] manifest() throws RefusedException, IOException {
        checkList();
        // entries not marked as UTF-8 may be in any old code page: in Latin 1 every byte is a character
        try (var zip = new ZipFile(path.toFile(), StandardCharsets.ISO_8859_1)) {
            if (zip.size() > MOST_ENTRIES) {
                throw new RefusedException("it has " + zip.size() + " entries, and a package may have " + MOST_ENTRIES);
            }
            return inflate(zip, entry(zip));
        }
    }

    private static ZipEntry entry(ZipFile zip) throws RefusedException {
        var found =
                zip.stream().filter(entry -> entry.getName().equals(MANIFEST)).toList();
        if (found.size() > 1) {
            throw new RefusedException("it has " + found.size() + " entries " + MANIFEST + ", and must have one");
        }
        if (found.isEmpty()) {
            throw new RefusedException("it has no " + MANIFEST + " at its root"
                    + elsewhere(zip)
                            .map(name -> ", only " + RefusedException.quote(name))
                            .orElse("")
                    + ": zip the content of the course's folder, not the folder");
        }
        return found.getFirst();
    }

    private static Optional<String> elsewhere(ZipFile zip) {
        return zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.toLowerCase(Locale.ROOT).endsWith(MANIFEST))
                .findFirst();
    }

    /** What an entry says of its size is a claim like any other: it is counted. */
    private static byte[] inflate(ZipFile zip, ZipEntry entry) throws RefusedException, IOException {
        try (var content = zip.getInputStream(entry)) {
            var bytes = content.readNBytes(LARGEST_MANIFEST + 1);
            if (bytes.length > LARGEST_MANIFEST) {
                throw new RefusedException(MANIFEST + " is larger than " + (LARGEST_MANIFEST >> 20) + " MiB");
            }
            if (bytes.length != entry.getSize()) {
                throw new RefusedException(MANIFEST + " has " + bytes.length + " bytes, and the zip file says "
                        + entry.getSize() + ": it is damaged");
            }
            return bytes;
        }
    }

    /**
     * Looks how long the list of entries is before it is read. It is told by the record at the very end of the file (APPNOTE.TXT of
     * PKWARE, 4.3.16): 22 bytes and a comment, which must end with the file, so that everybody takes the same one.
     */
    private void checkList() throws RefusedException, IOException {
        var end = end();
        for (int at = end.limit() - 22; at >= 0; at--) {
            if (end.getInt(at) == 0x06054b50) {
                long length = Integer.toUnsignedLong(end.getInt(at + 12));
                if (at + 22 + Short.toUnsignedInt(end.getShort(at + 20)) != end.limit()) {
                    throw new RefusedException("something follows the zip file in it, and it must end there");
                }
                if (length > LARGEST_LIST) {
                    throw new RefusedException(
                            "the list of its entries is larger than " + (LARGEST_LIST >> 20) + " MiB");
                }
                return;
            }
        }
        throw new RefusedException("it is no zip file, or the end of it is missing");
    }

    private ByteBuffer end() throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "r")) {
            var bytes = new byte[(int) Math.min(file.length(), 22 + 0xffff)];
            file.seek(file.length() - bytes.length);
            file.readFully(bytes);
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
