package dev.freshet.worker.view;

import com.fasterxml.jackson.core.JsonFactory;
import dev.freshet.catalog.View;
import dev.freshet.catalog.View.Source;
import dev.freshet.db.Failure;
import dev.freshet.view.ViewFunction;
import dev.freshet.view.ViewFunctionException;
import dev.freshet.worker.view.Loaders.Batch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls views' functions, so many at a time, and waits for each only so long. */
final class FunctionLoader {
    /** What {@link ViewFunction#load} is promised. */
    private static final Duration LONGEST = Duration.ofSeconds(15);

    /** How long a call waits for its turn. With the longest call it must stay below the cache's lease. */
    private static final Duration TURN = Duration.ofSeconds(5);

    private static final JsonFactory JSON = new JsonFactory();
    private static final byte[] NOTHING = {'n', 'u', 'l', 'l'};

    private final Functions functions;
    private final Semaphore turns;
    private final Duration turn;
    private final Duration longest;

    FunctionLoader(Functions functions, int concurrency) {
        this(functions, concurrency, TURN, LONGEST);
    }

    FunctionLoader(Functions functions, int concurrency, Duration turn, Duration longest) {
        this.functions = functions;
        this.turns = new Semaphore(concurrency, true);
        this.turn = turn;
        this.longest = longest;
    }

    /**
     * One call for each set of values, one after the other.
     *
     * @throws LoadException when one of them fails, takes too long or gets no turn
     */
    Batch load(View view, Source.Function source, List<Map<String, String>> sets) {
        var function = functions
                .find(source.name())
                .orElseThrow(() -> failed(view, Failure.PERMANENT, "there is no function " + source.name(), null));
        long start = System.nanoTime();
        var contents = new ArrayList<byte[]>();
        for (var values : sets) {
            contents.add(load(view, () -> function.load(values, source.options())));
        }
        return new Batch(contents, Duration.ofNanos(System.nanoTime() - start));
    }

    private interface Call {
        Optional<byte[]> make() throws ViewFunctionException, InterruptedException;
    }

    /** A function that does not end keeps its turn, so that no more than these hang. */
    private byte[] load(View view, Call call) {
        var task = new FutureTask<>(call::make);
        try {
            if (!turns.tryAcquire(turn.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failed(view, Failure.OUTAGE, "too many calls of functions wait", null);
            }
            Thread.ofVirtual().name("function-" + view.name()).start(() -> {
                try {
                    task.run();
                } finally {
                    turns.release();
                }
            });
            return checked(view, task.get(longest.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            throw failed(view, Failure.TRANSIENT, "its function took longer than " + longest, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(view, Failure.TRANSIENT, "interrupted", e);
        } catch (ExecutionException e) {
            throw failed(view, e.getCause() == null ? e : e.getCause());
        } finally {
            task.cancel(true); // nothing, where it has ended
        }
    }

    /** What is no JSON must not be cached: nobody could read it, and nobody would know why. */
    private static byte[] checked(View view, Optional<byte[]> content) {
        var bytes = content.orElse(NOTHING);
        try (var parser = JSON.createParser(bytes)) {
            int values = 0;
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                values += parser.getParsingContext().inRoot() && !token.isStructStart() ? 1 : 0;
            }
            if (values == 1) {
                return bytes;
            }
            throw failed(
                    view, Failure.PERMANENT, "its function gave " + values + " JSON values and must give one", null);
        } catch (IOException e) {
            throw failed(view, Failure.PERMANENT, "its function gave JSON that is none", e);
        }
    }

    /** Only what a function says on purpose is fit for a log. */
    private static LoadException failed(View view, Throwable cause) {
        return switch (cause) {
            case ViewFunctionException e ->
                failed(
                        view,
                        e.isPermanent() ? Failure.PERMANENT : Failure.TRANSIENT,
                        String.valueOf(e.getMessage()),
                        e);
            case InterruptedException e -> failed(view, Failure.TRANSIENT, "its function was interrupted", e);
            default ->
                failed(
                        view,
                        Failure.PERMANENT,
                        "its function failed by " + cause.getClass().getName(),
                        cause);
        };
    }

    private static LoadException failed(View view, Failure failure, String reason, @Nullable Throwable cause) {
        return new LoadException(view.name(), failure, reason, cause);
    }
}
