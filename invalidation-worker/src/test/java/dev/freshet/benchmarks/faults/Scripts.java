package dev.freshet.benchmarks.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/** By what a script is known on its way to Redis. */
final class Scripts {
    private Scripts() {}

    /**
     * @param beside a class of the package that the script belongs to
     * @param name such as {@code claim.lua}
     */
    static String sha(Class<?> beside, String name) {
        try (var stream = Objects.requireNonNull(beside.getResourceAsStream(name), name)) {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(stream.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
