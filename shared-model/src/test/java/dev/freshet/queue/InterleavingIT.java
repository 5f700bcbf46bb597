package dev.freshet.queue;

import static dev.freshet.queue.TestQueue.FAILED;
import static dev.freshet.queue.TestQueue.LEASE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Job;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.ScriptRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Workers that are late, crash, renew or give back, reapers that trust old news, calls that arrive twice or long after:
 * in any order, after each step every accepted job is in exactly one place, and a job leaves only when a worker that had
 * it in hand says that it is done, or somebody discards it. {@code -Dfreshet.seed=N} repeats a run.
 */
class InterleavingIT {
    private static final int STEPS = 500;

    @RegisterExtension
    static final QueueServices services = new QueueServices();

    private long seed;
    private Random random;
    private TestQueue test;
    private JobQueue queue;

    private final List<Claim> claims = new ArrayList<>();
    private final List<Job> jobs = new ArrayList<>();
    private final List<LateCall> late = new ArrayList<>();
    private final Set<String> gone = new HashSet<>();
    private Set<String> present = new HashSet<>();
    private Set<String> mayAppear = Set.of();
    private Set<String> mayLeave = Set.of();
    private Duration now = Duration.ZERO;

    private record LateCall(Function<RedisSession, ? extends CompletionStage<?>> call, Set<String> mayLeave) {}

    @BeforeEach
    void newQueue(RepetitionInfo run) {
        seed = Long.getLong("freshet.seed", System.nanoTime());
        random = new Random(seed);
        int partitions = run.getCurrentRepetition() % 2 == 0 ? 3 : 1;
        test = services.newQueue(QueueServices.options().withPartitions(partitions), new Shaky());
        queue = test.queue;
        queue.partitions(); // asked now: asked later, it would go on upon the thread that reads answers, and wait there
    }

    @RepeatedTest(4)
    void everyJobIsInExactlyOnePlaceAfterEachStep() {
        for (int step = 0; step < STEPS; step++) {
            check(step, act());
        }
        finish();
        assertThat(present).as("left after all was finished, seed %d", seed).isEqualTo(Set.copyOf(deadIds()));
        assertThat(gone.size() + present.size()).isEqualTo(jobs.size());
    }

    /** Does one thing and names it. */
    private String act() {
        mayAppear = Set.of();
        mayLeave = Set.of();
        return switch (random.nextInt(14)) {
            case 0, 1 -> enqueue();
            case 2, 3, 4 -> claim();
            case 5, 6 -> settle();
            case 7 -> giveBack();
            case 8 -> renew();
            case 9 -> passTime();
            case 10 -> reap();
            case 11 -> reapOnOldNews();
            case 12 -> release();
            default -> arrive();
        };
    }

    private String enqueue() {
        var batch = new ArrayList<Job>();
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            var job = jobs.isEmpty() || random.nextInt(4) > 0 ? newJob() : jobs.get(random.nextInt(jobs.size()));
            batch.add(job);
        }
        mayAppear = batch.stream().map(Job::id).filter(id -> !gone.contains(id)).collect(Collectors.toSet());
        if (random.nextInt(8) == 0) {
            batch.forEach(test::enqueueDead);
        } else {
            services.server.await(queue.enqueueAll(batch));
        }
        return "enqueue";
    }

    private Job newJob() {
        int number = jobs.size();
        var job = random.nextBoolean() ? TestQueue.job(number) : TestQueue.awaitedJob(number);
        jobs.add(job);
        return job;
    }

    private String claim() {
        if (queue.claim(random.nextInt(1, 6), LEASE) instanceof Claim claim) {
            claims.add(claim);
        }
        return "claim";
    }

    private String settle() {
        var chosen = any(claims);
        if (chosen.isEmpty()) {
            return "settle nothing";
        }
        var claim = chosen.get();
        var verdicts = new ArrayList<Verdict>();
        var done = new HashSet<String>();
        for (var job : claim.jobs()) {
            switch (random.nextInt(6)) {
                case 0 -> verdicts.add(new Verdict.Retry(job, FAILED, Duration.ofSeconds(random.nextInt(30))));
                case 1 -> verdicts.add(new Verdict.Bury(job, FAILED));
                default -> done.add(job.id());
            }
        }
        boolean held = holds(claim);
        mayLeave = done;
        var before = held ? Map.<String, String>of() : test.dump();
        var settled = queue.settle(claim, verdicts, Map.of("applied", 1L));
        if (!held) {
            assertThat(settled.isLost())
                    .as("a stale claim settled, seed %d", seed)
                    .isTrue();
            assertThat(test.dump())
                    .as("a stale claim changed something, seed %d", seed)
                    .isEqualTo(before);
        }
        return held ? "settle" : "settle too late";
    }

    private String giveBack() {
        any(claims).ifPresent(queue::unclaim);
        return "unclaim";
    }

    private String renew() {
        any(claims).ifPresent(claim -> queue.renew(claim, LEASE));
        return "renew";
    }

    private String passTime() {
        now = now.plusSeconds(random.nextInt(20));
        test.later(now);
        return "time";
    }

    private String reap() {
        queue.tick(1).expired().forEach(claim -> queue.reap(claim, job -> {}));
        return "reap";
    }

    private String reapOnOldNews() {
        any(claims).ifPresent(test::reap);
        return "reap on old news";
    }

    private String release() {
        queue.tick(random.nextInt(1, 10));
        var dead = deadIds();
        if (!dead.isEmpty()) {
            var one = dead.get(random.nextInt(dead.size()));
            if (random.nextInt(3) == 0) {
                mayLeave = Set.of(one);
                test.letters.discard(List.of(one));
            } else {
                test.letters.replay(List.of(one), 100);
            }
        }
        return "release, replay or discard";
    }

    /** A copy of a call that the network had kept. */
    private String arrive() {
        if (late.isEmpty()) {
            return "nothing late";
        }
        var call = late.remove(random.nextInt(late.size()));
        mayLeave = call.mayLeave;
        services.server.await(call.call.apply(services.server.session()));
        return "a late call";
    }

    private void check(int step, String what) {
        var where = "after step %d (%s), seed %d".formatted(step, what, seed);
        var places = test.ids();
        var all = places.values().stream().flatMap(List::stream).toList();
        assertThat(all).as(where).doesNotHaveDuplicates();
        var ids = new HashSet<>(all);
        var appeared = new HashSet<>(ids);
        appeared.removeAll(present);
        assertThat(mayAppear).as("came from nowhere " + where).containsAll(appeared);
        var left = new HashSet<>(present);
        left.removeAll(ids);
        assertThat(mayLeave).as("got lost " + where).containsAll(left);
        gone.addAll(left);
        present = ids;
        assertThat(queue.audit().strays()).as(where).isEmpty();
        var status = queue.status();
        assertThat(status.missing()).as("the sum is wrong " + where).isZero();
        assertThat(status.count("accepted")).as(where).isEqualTo(gone.size() + present.size());
    }

    /** Lets everything come to its end: whatever is not dead can be done. */
    private void finish() {
        late.clear();
        for (int round = 0; ; round++) {
            assertThat(round).as("rounds to finish, seed %d", seed).isLessThan(1_000);
            now = now.plus(LEASE).plusSeconds(1);
            test.later(now);
            queue.tick(1_000).expired().forEach(claim -> queue.reap(claim, job -> {}));
            mayLeave = present;
            if (queue.claim(100, LEASE) instanceof Claim claim) {
                test.done(claim);
            } else if (queue.status().inFlight() == 0) {
                check(STEPS, "finish");
                return;
            }
            late.clear();
        }
    }

    private boolean holds(Claim claim) {
        var keys = claim.partition().keys();
        var list = test.redis().lindex(keys.claim(claim.id()), 0);
        return list != null && java.util.Arrays.equals(list, claim.first());
    }

    private List<String> deadIds() {
        return test.ids().getOrDefault("dead", List.of());
    }

    private java.util.Optional<Claim> any(List<Claim> claims) {
        if (claims.isEmpty()) {
            return java.util.Optional.empty();
        }
        int from = Math.max(0, claims.size() - 12); // old ones are all alike
        return java.util.Optional.of(claims.get(random.nextInt(from, claims.size())));
    }

    /** Does some calls twice and answers the second time, and keeps a copy of some for later. */
    private final class Shaky extends ScriptRunner {
        Shaky() {
            super(services.server);
        }

        @Override
        public <T> CompletionStage<T> sendInSession(String key, Function<RedisSession, CompletionStage<T>> call) {
            if (random.nextInt(10) == 0) {
                late.add(new LateCall(call, mayLeave));
            }
            T answer = await(super.sendInSession(key, call));
            return random.nextInt(5) == 0 ? super.sendInSession(key, call) : CompletableFuture.completedStage(answer);
        }
    }
}
