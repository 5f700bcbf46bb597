package dev.freshet.worker.frontend;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Pages that an instance confirmed and that are still to be looked at, and those that were not fresh when they were.
 * Beside what instances are owed, so that a page which answers slowly holds up no call.
 */
final class Proofs {
    /** Not fresh this often in a row: somebody should know. */
    static final int TIMES_UNTIL_FAULT = 5;

    private static final Script PROVE = Script.load(Proofs.class, "prove.lua");
    private static final Script TAKE = Script.load(Proofs.class, "take_proofs.lua");
    private static final Script LOOKED = Script.load(Proofs.class, "looked.lua");
    private static final int MOST_WAITING = 10_000;
    private static final int MEMBERS_PER_SCRIPT = 500;

    private final ScriptRunner redis;
    private final OwedKeys keys;

    Proofs(ScriptRunner redis, OwedKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** What a look at a page came to. */
    enum Outcome {
        FRESH("fresh"),
        /** It is told again. */
        OLD("old"),
        /** Nobody could tell; it is looked at again. */
        AGAIN("again"),
        /** Nobody can tell. */
        LOST("lost");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }
    }

    /**
     * A page to look at.
     *
     * @param times how often in a row it was not fresh
     */
    record Proof(Turn.Due due, int times) {}

    /**
     * What is to be looked at.
     *
     * @param in when to ask again at the latest; negative when nothing waits
     */
    record Taken(List<Proof> proofs, Duration in) {}

    /**
     * Pages are to be looked at. Ask for it before the call is taken as confirmed: afterwards nobody knows of them.
     *
     * @return how many are not going to be, because too many wait
     */
    int prove(Instance instance, List<Turn.Due> due) {
        int left = 0;
        for (int from = 0; from < due.size(); from += MEMBERS_PER_SCRIPT) {
            var arguments = new ArrayList<byte[]>();
            arguments.add(argument(MOST_WAITING));
            for (var one : due.subList(from, Math.min(from + MEMBERS_PER_SCRIPT, due.size()))) {
                arguments.add(argument(one.member()));
                arguments.add(argument(one.value()));
            }
            String[] names = {
                keys.proofs(instance.frontEnd(), instance.name()),
                keys.proving(instance.frontEnd(), instance.name()),
                keys.counters(instance.frontEnd(), instance.name())
            };
            left += redis.await(redis.<Long>runTimed(
                            PROVE, ScriptOutputType.INTEGER, names, arguments.toArray(byte[][]::new)))
                    .intValue();
        }
        return left;
    }

    /** @param lease after this long somebody else may look at the same pages */
    Taken take(Instance instance, Duration lease, int most) {
        String[] names = {
            keys.proofs(instance.frontEnd(), instance.name()),
            keys.proving(instance.frontEnd(), instance.name()),
            keys.stale(instance.frontEnd(), instance.name())
        };
        List<Object> answer = redis.await(
                redis.runTimed(TAKE, ScriptOutputType.MULTI, names, argument(lease.toMillis()), argument(most)));
        var proofs = new ArrayList<Proof>();
        for (int i = 1; i < answer.size(); i += 3) {
            var due = new Turn.Due(text(answer, i), text(answer, i + 1));
            proofs.add(new Proof(due, times(text(answer, i + 2))));
        }
        return new Taken(proofs, Duration.ofMillis((Long) answer.getFirst()));
    }

    /**
     * @param wait after which the page is told or looked at again
     * @param seen such as {@code /dashboard/3 is 7, must be 9}; empty when it is fresh
     */
    void looked(Instance instance, Proof proof, Outcome outcome, Duration wait, String seen) {
        String[] names = {
            keys.proofs(instance.frontEnd(), instance.name()),
            keys.proving(instance.frontEnd(), instance.name()),
            keys.stale(instance.frontEnd(), instance.name()),
            keys.owed(instance.frontEnd(), instance.name()),
            keys.counters(instance.frontEnd(), instance.name()),
            keys.numbers(instance.frontEnd())
        };
        redis.await(redis.<Long>runTimed(
                LOOKED,
                ScriptOutputType.INTEGER,
                names,
                argument(proof.due().member()),
                argument(proof.due().value()),
                argument(outcome.text),
                argument(wait.toMillis()),
                argument((proof.times() + 1) + " " + seen)));
    }

    /** The pages that somebody should know of, at most so many, in order of their paths. */
    List<String> faults(String frontEnd, String instance, int most) {
        var key = keys.stale(frontEnd, instance);
        var stale = redis.await(redis.send(key, commands -> commands.hgetall(key)));
        var faults = new TreeMap<String, String>();
        stale.forEach((member, value) -> {
            var text = new String(value, UTF_8);
            if (member.isEmpty() || times(text) >= TIMES_UNTIL_FAULT) {
                faults.put(member, text.substring(text.indexOf(' ') + 1));
            }
        });
        return faults.values().stream().limit(most).toList();
    }

    private static int times(String text) {
        return text.isEmpty() ? 0 : Integer.parseInt(text.substring(0, text.indexOf(' ')));
    }

    private static String text(List<Object> answer, int index) {
        return new String((byte[]) answer.get(index), UTF_8);
    }
}
