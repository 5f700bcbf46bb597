package dev.freshet.worker.frontend;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells all instances of a Next.js site at once by marks in the Redis of the cache handler that they share: the handler
 * drops an entry when one of its tags was marked after the entry was made. Answers from the memory of an instance are
 * not reached.
 */
final class TagClocks implements Channel {
    private static final Script MARK = Script.load(TagClocks.class, "mark.lua");
    /** As the handlers call it, behind their prefix. */
    private static final String MARKS = "__revalidated_tags__";
    /**
     * Entries carry the time of the instance that made them, marks the time of Redis: of an instance whose clock is ahead
     * by up to this much, an entry made before the change is still older than the mark. It costs that what is rendered in
     * this first second is rendered once more.
     */
    private static final Duration AHEAD = Duration.ofSeconds(1);

    private static final int MARKS_PER_SCRIPT = 1_000;
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(2);

    private final URI redis;
    private final String key;
    private final Duration timeout;
    private @Nullable ScriptRunner runner;

    /**
     * Connects when there is something to tell.
     *
     * @param keyPrefix the handler's
     * @param timeout for all marks of one call
     */
    TagClocks(URI redis, String keyPrefix, Duration timeout) {
        this.redis = redis;
        this.key = keyPrefix + MARKS;
        this.timeout = timeout;
    }

    @Override
    public Answer tell(Instance instance, List<Turn.Due> due) throws InterruptedException {
        long start = System.nanoTime();
        var tags = List.copyOf(tags(due));
        try {
            var to = connected(instance);
            for (int from = 0; from < tags.size(); from += MARKS_PER_SCRIPT) {
                if (System.nanoTime() - start > timeout.toNanos()) {
                    return new Answer.Failed("not marked within " + timeout.toMillis() + " ms", Duration.ZERO);
                }
                mark(to, tags.subList(from, Math.min(from + MARKS_PER_SCRIPT, tags.size())));
            }
            return new Answer.Confirmed(Optional.empty());
        } catch (RedisException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            var error = reason(e);
            return RedisServer.isOutage(e) ? new Answer.Failed(error, Duration.ZERO) : new Answer.Misconfigured(error);
        }
    }

    @Override
    public synchronized void close() {
        if (runner != null) {
            runner.server().close();
        }
    }

    private static Set<String> tags(List<Turn.Due> due) {
        var tags = new LinkedHashSet<String>();
        due.stream()
                .flatMap(one -> one.isTag()
                        ? Stream.of(one.name())
                        : one.isPath() ? PageTags.of(one.name()).stream() : Stream.of(PageTags.ALL_PAGES))
                .forEach(tags::add);
        return tags;
    }

    private void mark(ScriptRunner to, List<String> tags) {
        var arguments = new ArrayList<byte[]>(tags.size() + 1);
        arguments.add(Script.argument(AHEAD.toMillis()));
        tags.forEach(tag -> arguments.add(Script.argument(tag)));
        to.await(to.<Long>run(MARK, ScriptOutputType.INTEGER, new String[] {key}, arguments.toArray(byte[][]::new)));
    }

    private synchronized ScriptRunner connected(Instance instance) {
        if (runner == null) {
            runner = new ScriptRunner(new RedisServer("of front end " + instance.frontEnd(), redis, COMMAND_TIMEOUT));
        }
        return runner;
    }

    /** The innermost message says what Redis or the network said. */
    private static String reason(RedisException error) {
        Throwable cause = error;
        for (var next = error.getCause(); next != null; next = next.getCause()) {
            cause = next;
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}
