package dev.freshet.worker.frontend;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What each front-end instance has not confirmed. Redis remembers it, so that it outlives a restart of either side. It
 * is worse to forget a page that is old than to tell an instance twice: nothing leaves before it was confirmed two
 * times, the second one so late that no render which read old data can still be under way.
 */
public final class Owed {
    /** How long a render may take when nobody says otherwise. */
    public static final Duration LONGEST_RENDER = Duration.ofSeconds(5);

    private static final Script RECORD = Script.load(Owed.class, "record.lua");
    private static final Script TAKE = Script.load(Owed.class, "take.lua");
    private static final Script CONFIRM = Script.load(Owed.class, "confirm.lua");
    private static final Script FAIL = Script.load(Owed.class, "fail.lua");
    private static final Script RELEASE = Script.load(Owed.class, "release.lua");
    private static final Script STATUS = Script.load(Owed.class, "status.lua");
    /** Redis serves nobody else while a script runs: 500 members for three instances take it about a millisecond. */
    private static final int MEMBERS_PER_SCRIPT = 500;

    private final ScriptRunner redis;
    private final OwedKeys keys;
    private final Instances instances;
    private final Duration longestRender;
    private Duration ahead = Duration.ZERO;
    private volatile Consumer<String> recorded = frontEnd -> {};

    /**
     * @param server the queue's Redis, which must not evict
     * @param prefix of all keys
     * @param frontEnds one without instances is owed nothing
     * @param longestRender the second call comes this long after the first one was confirmed
     */
    public Owed(RedisServer server, String prefix, Collection<FrontEnd> frontEnds, Duration longestRender) {
        this.redis = new ScriptRunner(server);
        this.keys = new OwedKeys(prefix);
        this.instances = new Instances(frontEnds);
        this.longestRender = longestRender;
    }

    /**
     * Every instance of every front end owes a confirmation of each of these from now on. Safe to repeat.
     *
     * @param changes each member once
     * @throws RedisException when it is not certain that Redis remembers; call again then
     */
    public void record(Collection<Change> changes) {
        if (changes.isEmpty()) {
            return;
        }
        var all = List.copyOf(changes);
        instances.byFrontEnd().forEach((frontEnd, those) -> {
            for (int from = 0; from < all.size(); from += MEMBERS_PER_SCRIPT) {
                int to = Math.min(from + MEMBERS_PER_SCRIPT, all.size());
                record(frontEnd, those, all.subList(from, to));
            }
        });
        instances.byFrontEnd().keySet().forEach(recorded);
    }

    /** How every instance of the catalog stands, by front end and address. */
    public List<FrontEndStatus> status() {
        return instances.all().stream().map(this::status).toList();
    }

    /**
     * Asks for the turn to tell an instance.
     *
     * @param lease after this long somebody else may take the turn
     * @param most members at most
     */
    Turn take(Instance instance, Duration lease, int most) {
        var token = UUID.randomUUID().toString();
        List<Object> answer = list(TAKE, keys(instance), argument(token), argument(lease.toMillis()), argument(most));
        long wait = number(answer, 0);
        int owed = (int) number(answer, 1);
        if (wait < 0) {
            return new Turn.Nothing();
        }
        if (answer.size() == 2) {
            return new Turn.Later(Duration.ofMillis(wait), owed);
        }
        var due = new ArrayList<Turn.Due>();
        for (int i = 5; i < answer.size(); i += 2) {
            due.add(new Turn.Due(text(answer, i), text(answer, i + 1)));
        }
        return new Turn.Mine(
                token,
                owed,
                due,
                due.size() == most,
                Duration.ofMillis(number(answer, 2)),
                Duration.ofMillis(number(answer, 3)),
                (int) number(answer, 4));
    }

    /**
     * The instance confirmed what was taken.
     *
     * @param pause to be remembered as {@link Turn.Mine#pause}
     * @param rest how long the instance is left alone
     * @return how many members it is still owed
     */
    int confirm(Instance instance, Turn.Mine turn, Duration pause, Duration rest) {
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(turn.token()));
        for (var duration : List.of(longestRender, pause, rest)) {
            arguments.add(argument(duration.toMillis()));
        }
        for (var due : turn.due()) {
            arguments.add(argument(due.member()));
            arguments.add(argument(due.value()));
        }
        return (int) count(CONFIRM, keys(instance), arguments.toArray(byte[][]::new));
    }

    /**
     * The instance did not confirm; it stays owed everything.
     *
     * @param wait how long it is left alone
     * @param misconfigured whether a person must mend it
     */
    void fail(Instance instance, Turn.Mine turn, Duration wait, String error, boolean misconfigured) {
        count(
                FAIL,
                new String[] {keys.state(instance)},
                argument(turn.token()),
                argument(wait.toMillis()),
                argument(error),
                argument(misconfigured ? 1 : 0));
    }

    /** Gives the turn back unused. */
    void release(Instance instance, Turn.Mine turn) {
        String[] state = {keys.state(instance)};
        redis.await(redis.<Long>run(RELEASE, ScriptOutputType.INTEGER, state, argument(turn.token())));
    }

    Instances instances() {
        return instances;
    }

    /** The listener is told the name of each front end that something was recorded for in this process. */
    void whenRecorded(Consumer<String> listener) {
        recorded = listener;
    }

    /** Tests only: lets the clock of Redis, as seen from here, go ahead. */
    void moveClock(Duration by) {
        ahead = ahead.plus(by);
        redis.setClockOffset(ahead);
    }

    private void record(String frontEnd, List<Instance> all, List<Change> changes) {
        var names = new ArrayList<String>();
        names.add(keys.numbers(frontEnd));
        for (var instance : all) {
            names.add(keys.owed(instance));
            names.add(keys.counters(instance));
        }
        var arguments = new ArrayList<byte[]>(changes.size() * 3);
        for (var change : changes) {
            arguments.add(argument(change.member()));
            arguments.add(argument(change.received().toEpochMilli()));
            arguments.add(argument(change.version().map(Version::text).orElse("")));
        }
        count(RECORD, names.toArray(String[]::new), arguments.toArray(byte[][]::new));
    }

    private FrontEndStatus status(Instance instance) {
        List<Object> answer = list(STATUS, new String[] {keys.owed(instance), keys.state(instance)});
        long confirmedAt = number(answer, 2);
        return new FrontEndStatus(
                instance.frontEnd(),
                instance.name(),
                (int) number(answer, 0),
                Duration.ofMillis(number(answer, 1)),
                confirmedAt < 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(confirmedAt)),
                Optional.of(text(answer, 5)).filter(error -> !error.isEmpty()),
                number(answer, 4) == 1,
                (int) number(answer, 3));
    }

    private String[] keys(Instance instance) {
        return new String[] {keys.owed(instance), keys.counters(instance), keys.state(instance)};
    }

    private long count(Script script, String[] names, byte[]... arguments) {
        return redis.await(redis.<Long>runTimed(script, ScriptOutputType.INTEGER, names, arguments));
    }

    private List<Object> list(Script script, String[] names, byte[]... arguments) {
        return redis.await(redis.runTimed(script, ScriptOutputType.MULTI, names, arguments));
    }

    private static long number(List<Object> answer, int index) {
        return (Long) answer.get(index);
    }

    private static String text(List<Object> answer, int index) {
        return new String((byte[]) answer.get(index), UTF_8);
    }
}
