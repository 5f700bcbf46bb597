package dev.freshet.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionStage;

/** A Lua script that lies as a resource beside the class that runs it; its first lines are its contract. */
public final class Script {
    private final byte[] source;
    private final String digest;

    private Script(byte[] source) {
        this.source = source;
        this.digest = io.lettuce.core.codec.Base16.digest(source);
    }

    /**
     * @param beside the class in whose package the file lies
     * @param name the file's name, such as {@code claim.lua}
     */
    public static Script load(Class<?> beside, String name) {
        try (var stream = beside.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalArgumentException("no script " + name + " beside " + beside.getName());
            }
            return new Script(stream.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read script " + name, e);
        }
    }

    /**
     * Runs the script by its digest, and by its text where the server does not know it yet.
     *
     * @return the answer in the shape of {@code output}; fails with what Redis or the connection failed with
     */
    public <T> CompletionStage<T> run(
            RedisAsyncCommands<String, byte[]> commands, ScriptOutputType output, String[] keys, byte[]... arguments) {
        CompletionStage<T> first = commands.evalsha(digest, output, keys, arguments);
        return first.exceptionallyCompose(
                error -> error instanceof RedisNoScriptException || error.getCause() instanceof RedisNoScriptException
                        ? commands.eval(source, output, keys, arguments)
                        : java.util.concurrent.CompletableFuture.failedStage(error));
    }

    /** An argument as Redis takes it: UTF-8. */
    public static byte[] argument(String text) {
        return text.getBytes(UTF_8);
    }

    /** A number as a script reads it: decimal digits. */
    public static byte[] argument(long number) {
        return argument(Long.toString(number));
    }
}
