package dev.freshet.queue;

import static dev.freshet.redis.Script.argument;

import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The arguments of {@code settle.lua} after the clock offset. */
final class Settlement {
    private static final Set<String> OWN_COUNTS = Set.of("accepted", "done", "dead", "discarded", QueueStatus.BYTES);
    /** Where in ARGV the exceptions begin; Lua counts from 1. */
    private static final int EXCEPTIONS = 9;

    private Settlement() {}

    /** @throws IllegalArgumentException for a job that is not in the claim or named twice, or a tally of the queue's own */
    static byte[][] arguments(Claim claim, List<Verdict> verdicts, Map<String, Long> tallies) {
        var exceptions = new ArrayList<byte[]>();
        var raw = verdicts.isEmpty() ? Map.<Job, byte[]>of() : claim.rawByJob();
        for (var verdict : verdicts) {
            var job = verdict.job();
            var bytes = raw.remove(job);
            if (bytes == null) {
                throw new IllegalArgumentException(job + " is not in " + claim + " or is named twice");
            }
            exceptions.addAll(exception(bytes, job.failed(verdict.attempt()), due(verdict)));
        }
        Collection<Job> done = verdicts.isEmpty() ? claim.jobs() : raw.keySet();
        var unreadable = claim.unreadable().stream()
                .map(bytes -> JobCodec.unreadable(bytes, Instant.now()))
                .toList();
        for (var job : unreadable) {
            var why = new Attempt(job.receivedAt(), "", "decode", "not a job");
            exceptions.addAll(exception(job.body(), job.failed(why), "dead"));
        }
        var awaited = done.stream()
                .filter(Job::awaited)
                .map(job -> argument(job.id()))
                .toList();
        var alone = claim.size() > 1
                ? ""
                : Stream.concat(claim.jobs().stream(), unreadable.stream())
                        .toList()
                        .getFirst()
                        .id();
        int ids = EXCEPTIONS + exceptions.size();
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(claim.id()));
        arguments.add(claim.first());
        arguments.add(argument(alone));
        arguments.add(argument(ids));
        arguments.add(argument(ids + awaited.size()));
        arguments.add(argument(claim.size()));
        arguments.add(argument(claim.bytes()));
        arguments.addAll(exceptions);
        arguments.addAll(awaited);
        tallies.forEach((name, number) -> {
            if (OWN_COUNTS.contains(name)) {
                throw new IllegalArgumentException("the queue itself counts " + name);
            }
            arguments.add(argument(name));
            arguments.add(argument(number));
        });
        return arguments.toArray(byte[][]::new);
    }

    private static List<byte[]> exception(byte[] bytes, Job job, String due) {
        return List.of(bytes, argument(job.id()), JobCodec.encode(job), argument(due));
    }

    private static String due(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Retry retry -> Long.toString(Math.max(0, retry.after().toMillis()));
            case Verdict.Bury bury -> "dead";
        };
    }
}
