package dev.freshet.worker.frontend;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.FrontEnd;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each front-end instance has not confirmed. Redis remembers it, so that it outlives a restart of either side. It
 * is worse to forget a page that is old than to tell an instance twice: nothing leaves before it was confirmed two
 * times, the second one so late that no render which read old data can still be under way.
 */
public final class Owed {
    /** How long a render may take when nobody says otherwise. */
    public static final Duration LONGEST_RENDER = Duration.ofSeconds(5);

    /** How many members an instance is owed at most when nobody says otherwise. */
    public static final int MOST_OWED = 50_000;

    private static final Script RECORD = Script.load(Owed.class, "record.lua");
    private static final Script COLLAPSE = Script.load(Owed.class, "collapse.lua");
    private static final Script TAKE = Script.load(Owed.class, "take.lua");
    private static final Script CONFIRM = Script.load(Owed.class, "confirm.lua");
    private static final Script FAIL = Script.load(Owed.class, "fail.lua");
    private static final Script RELEASE = Script.load(Owed.class, "release.lua");
    private static final Script ANOTHER = Script.load(Owed.class, "another.lua");
    private static final Script STATUS = Script.load(Owed.class, "status.lua");
    /** Redis serves nobody else while a script runs: 1,500 of them take it about a millisecond. */
    private static final int MOST_PER_SCRIPT = 1_500;

    private static final int MOST_MEMBERS_PER_SCRIPT = 500;
    private static final int LEAST_MEMBERS_PER_SCRIPT = 10;
    /** Instances that come one after the other; more often is no coming but a fault. */
    private static final int MOST_LOOKS = 10;

    /** Of one instance, that a status names. */
    private static final int MOST_FAULTS = 3;

    private static final Logger log = LoggerFactory.getLogger(Owed.class);

    private final ScriptRunner redis;
    private final OwedKeys keys;
    private final Registry registry;
    private final List<String> frontEnds;
    private final Duration longestRender;
    private final int mostOwed;
    /** Which Redis is known to have answered for an instance, by the key of its state. */
    private final Map<String, String> reigns = new ConcurrentHashMap<>();

    private Duration ahead = Duration.ZERO;
    private volatile Consumer<String> recorded = frontEnd -> {};

    /**
     * @param server the queue's Redis, which must not evict
     * @param prefix of all keys
     * @param frontEnds one without instances is owed nothing
     * @param longestRender the second call comes this long after the first one was confirmed
     * @param mostOwed members; an instance that would be owed more is owed everything instead
     */
    public Owed(
            RedisServer server, String prefix, Collection<FrontEnd> frontEnds, Duration longestRender, int mostOwed) {
        this.redis = new ScriptRunner(server);
        this.keys = new OwedKeys(prefix);
        this.registry = new Registry(redis, keys);
        this.frontEnds = frontEnds.stream()
                .filter(frontEnd -> !frontEnd.instances().isEmpty())
                .map(FrontEnd::name)
                .sorted()
                .toList();
        this.longestRender = longestRender;
        this.mostOwed = mostOwed;
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
        for (var frontEnd : frontEnds) {
            for (int from = 0; from < all.size(); ) {
                from += record(frontEnd, all.subList(from, all.size()));
            }
        }
        frontEnds.forEach(recorded);
    }

    /**
     * These instances are there now; those that are new owe everything.
     *
     * @return the names of all instances of the front end, also of those that others have met
     */
    List<String> join(String frontEnd, Collection<Instance> instances) {
        return registry.join(
                        frontEnd,
                        instances.stream().map(Instance::name).distinct().toList())
                .names();
    }

    /** Forgets what an instance that nobody has seen for so long was owed. Should it come again, it owes everything. */
    void forget(String frontEnd, String instance, Duration unseen) {
        long owed = registry.forget(frontEnd, instance, unseen);
        if (owed >= 0) {
            reigns.remove(keys.state(frontEnd, instance));
            log.warn(
                    "front end instance forgotten frontEnd={} instance={} owed={} unseenFor={}",
                    frontEnd,
                    instance,
                    owed,
                    unseen);
        }
    }

    /** How every instance that is known stands, by front end and address. */
    public List<FrontEndStatus> status() {
        return frontEnds.stream()
                .flatMap(frontEnd -> registry.join(frontEnd, List.of()).names().stream()
                        .sorted()
                        .map(instance -> status(frontEnd, instance)))
                .toList();
    }

    /**
     * Asks for the turn to tell an instance.
     *
     * @param lease after this long somebody else may take the turn
     * @param most members at most
     * @param ask how often somebody is to ask which process is there; zero for never
     */
    Turn take(Instance instance, Duration lease, int most, Duration ask) {
        var token = UUID.randomUUID().toString();
        var state = keys.state(instance.frontEnd(), instance.name());
        String[] names = {
            keys.owed(instance.frontEnd(), instance.name()),
            keys.counters(instance.frontEnd(), instance.name()),
            state,
            keys.instances(instance.frontEnd())
        };
        var arguments = redis.timed(
                argument(token),
                argument(lease.toMillis()),
                argument(most),
                argument(ask.toMillis()),
                argument(instance.name()));
        var answer = redis.await(redis.sendInSession(
                names[0],
                session -> met(instance, state, session)
                        .thenCompose(met ->
                                TAKE.<List<Object>>run(session.commands(), ScriptOutputType.MULTI, names, arguments))));
        int owed = (int) number(answer, 0);
        return switch (text(answer, 1)) {
            case "u" -> {
                reigns.remove(state);
                yield new Turn.Unknown();
            }
            case "n" -> new Turn.Nothing();
            case "p" -> new Turn.Ask(owed);
            case "l" -> new Turn.Later(Duration.ofMillis(number(answer, 2)), owed);
            default -> mine(token, owed, answer, most);
        };
    }

    /**
     * What was recorded with a Redis in its last moments, its successor may have forgotten, whoever recorded it: so each
     * instance owes everything once for every Redis that begins. One that does not say who it is cannot be told from itself.
     */
    private CompletionStage<Long> met(Instance instance, String state, RedisSession session) {
        var known = reigns.get(state);
        if (!session.namesItself() || session.runId().equals(known)) {
            return CompletableFuture.completedFuture(0L);
        }
        var arguments = redis.timed(another(instance, "reign", session.runId(), ""));
        return ANOTHER.<Long>run(session.commands(), ScriptOutputType.INTEGER, about(instance), arguments)
                .thenApply(isAnother -> {
                    if (isAnother == 1 && known != null) {
                        log.info(
                                "front end owed everything frontEnd={} instance={} cause=redis is another one or started anew",
                                instance.frontEnd(),
                                instance.name());
                    }
                    if (isAnother >= 0) {
                        reigns.put(state, session.runId());
                    }
                    return isAnother;
                });
    }

    private static Turn.Mine mine(String token, int owed, List<Object> answer, int most) {
        var due = new ArrayList<Turn.Due>();
        for (int i = 6; i < answer.size(); i += 2) {
            due.add(new Turn.Due(text(answer, i), text(answer, i + 1)));
        }
        return new Turn.Mine(
                token,
                owed,
                due,
                due.size() == most,
                Duration.ofMillis(number(answer, 2)),
                Duration.ofMillis(number(answer, 3)),
                (int) number(answer, 4),
                Optional.of(text(answer, 5)).filter(boot -> !boot.isEmpty()));
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
        arguments.add(argument(turn.isSecondPass() ? 1 : 0));
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
                new String[] {keys.state(instance.frontEnd(), instance.name())},
                argument(turn.token()),
                argument(wait.toMillis()),
                argument(error),
                argument(misconfigured ? 1 : 0));
    }

    /** Gives the turn back unused. */
    void release(Instance instance, Turn.Mine turn) {
        String[] state = {keys.state(instance.frontEnd(), instance.name())};
        redis.await(redis.<Long>run(RELEASE, ScriptOutputType.INTEGER, state, argument(turn.token())));
    }

    /**
     * A process answered for the instance. When it is another one than before, the instance owes everything: what the
     * other process was told, this one does not know.
     *
     * @param toldEverything whether it was told everything just now; then only once more after the longest render
     * @return whether it is another one
     */
    boolean answered(Instance instance, String boot, boolean toldEverything) {
        var again = toldEverything ? Long.toString(longestRender.toMillis()) : "";
        return count(ANOTHER, about(instance), another(instance, "boot", boot, again)) == 1;
    }

    /** The pages that are to be looked at, by the same Redis. */
    Proofs proofs() {
        return new Proofs(redis, keys);
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

    /** @return how many of the changes are recorded */
    private int record(String frontEnd, List<Change> changes) {
        for (int look = 0; look < MOST_LOOKS; look++) {
            var members = registry.known(frontEnd);
            var piece = changes.subList(
                    0, Math.min(changes.size(), piece(members.names().size())));
            long most = record(frontEnd, members, piece);
            if (most > mostOwed) {
                members.names().forEach(instance -> collapse(frontEnd, instance));
            }
            if (most >= 0) {
                return piece.size();
            }
            registry.join(frontEnd, List.of());
        }
        throw new RedisException("the instances of front end " + frontEnd + " change too fast to be told");
    }

    private static int piece(int instances) {
        int piece = MOST_PER_SCRIPT / Math.max(1, instances);
        return Math.clamp(piece, LEAST_MEMBERS_PER_SCRIPT, MOST_MEMBERS_PER_SCRIPT);
    }

    /** @return the most members that an instance is owed then; -1 when nothing was done, since there are others */
    private long record(String frontEnd, Registry.Members members, List<Change> changes) {
        var names = new ArrayList<String>();
        names.add(keys.numbers(frontEnd));
        names.add(keys.generation(frontEnd));
        for (var instance : members.names()) {
            names.add(keys.owed(frontEnd, instance));
            names.add(keys.counters(frontEnd, instance));
        }
        var arguments = new ArrayList<byte[]>(changes.size() * 3 + 1);
        arguments.add(argument(members.generation()));
        for (var change : changes) {
            arguments.add(argument(change.member()));
            arguments.add(argument(change.received().toEpochMilli()));
            arguments.add(argument(change.version().map(Version::text).orElse("")));
        }
        return count(RECORD, names.toArray(String[]::new), arguments.toArray(byte[][]::new));
    }

    private void collapse(String frontEnd, String instance) {
        String[] names = {keys.numbers(frontEnd), keys.owed(frontEnd, instance), keys.counters(frontEnd, instance)};
        long owed = redis.await(redis.<Long>run(COLLAPSE, ScriptOutputType.INTEGER, names, argument(mostOwed)));
        if (owed > 0) {
            log.warn("front end owed everything frontEnd={} instance={} instead={}", frontEnd, instance, owed);
        }
    }

    private FrontEndStatus status(String frontEnd, String instance) {
        String[] names = {keys.owed(frontEnd, instance), keys.state(frontEnd, instance), keys.instances(frontEnd)};
        List<Object> answer = list(STATUS, names, argument(instance));
        long confirmedAt = number(answer, 2);
        return new FrontEndStatus(
                frontEnd,
                instance,
                (int) number(answer, 0),
                Duration.ofMillis(number(answer, 1)),
                confirmedAt < 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(confirmedAt)),
                Optional.of(text(answer, 5)).filter(error -> !error.isEmpty()),
                number(answer, 4) == 1,
                (int) number(answer, 3),
                proofs().faults(frontEnd, instance, MOST_FAULTS),
                Duration.ofMillis(number(answer, 6)));
    }

    private static byte[][] another(Instance instance, String field, String id, String again) {
        return new byte[][] {argument(instance.name()), argument(field), argument(id), argument(again)};
    }

    /** All that is kept about an instance and around it. */
    private String[] about(Instance instance) {
        return new String[] {
            keys.numbers(instance.frontEnd()),
            keys.owed(instance.frontEnd(), instance.name()),
            keys.counters(instance.frontEnd(), instance.name()),
            keys.state(instance.frontEnd(), instance.name()),
            keys.instances(instance.frontEnd())
        };
    }

    private String[] keys(Instance instance) {
        var frontEnd = instance.frontEnd();
        return new String[] {
            keys.owed(frontEnd, instance.name()),
            keys.counters(frontEnd, instance.name()),
            keys.state(frontEnd, instance.name())
        };
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
