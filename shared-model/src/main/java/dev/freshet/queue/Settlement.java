package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The arguments of {@code settle.lua} after the clock offset. */
final class Settlement {
    private static final Set<String> OWN_COUNTS = Set.of("accepted", "done", "dead", "discarded");
    /** Where in ARGV the exceptions begin; Lua counts from 1. */
    private static final int EXCEPTIONS = 7;

    private final List<byte[]> arguments = new ArrayList<>();
    private final List<String> remembered = new ArrayList<>();
    private String alone = "";

    private Settlement() {}

    /** @throws IllegalArgumentException for a job that is not in the claim or named twice, or a tally of the queue's own */
    static byte[][] arguments(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
        var settlement = new Settlement();
        settlement.exceptions(claim, verdicts);
        int ids = EXCEPTIONS + settlement.arguments.size();
        settlement.remembered.forEach(id -> settlement.arguments.add(argument(id)));
        int pairs = EXCEPTIONS + settlement.arguments.size();
        tallies.forEach(settlement::tally);
        settlement.arguments.addAll(
                0,
                List.of(
                        argument(claim.id()),
                        claim.first(),
                        argument(settlement.alone),
                        argument(ids),
                        argument(pairs)));
        return settlement.arguments.toArray(byte[][]::new);
    }

    private void exceptions(Claim claim, List<Verdict> verdicts) {
        var done = verdicts.isEmpty() ? Map.<Job, byte[]>of() : claim.rawByJob();
        for (var verdict : verdicts) {
            var job = verdict.job();
            var bytes = done.remove(job);
            if (bytes == null) {
                throw new IllegalArgumentException(job + " is not in " + claim + " or is named twice");
            }
            exception(bytes, job.failed(verdict.attempt()), due(verdict));
        }
        for (var bytes : claim.unreadable()) {
            var job = JobCodec.unreadable(bytes, Instant.now());
            exception(bytes, job.failed(new Attempt(job.receivedAt(), "", "decode", "not a job")), "dead");
            alone = job.id();
        }
        for (var job : claim.jobs()) {
            if (job.awaited() && (verdicts.isEmpty() || done.containsKey(job))) {
                remembered.add(job.id());
            }
            alone = job.id();
        }
        alone = claim.size() == 1 ? alone : "";
    }

    private void exception(byte[] bytes, Job job, String due) {
        arguments.add(bytes);
        arguments.add(argument(job.id()));
        arguments.add(JobCodec.encode(job));
        arguments.add(argument(due));
    }

    private void tally(String name, Long number) {
        if (OWN_COUNTS.contains(name)) {
            throw new IllegalArgumentException("the queue itself counts " + name);
        }
        arguments.add(argument(name));
        arguments.add(argument(number));
    }

    private static String due(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Retry retry -> Long.toString(Math.max(0, retry.after().toMillis()));
            case Verdict.Bury bury -> "dead";
        };
    }
}
