package dev.freshet.benchmarks.nextjs;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * From the webhook until every instance is fresh, while readers ask both instances all the time: for each event the time
 * from its POST to the end of the first response with its number on the slower instance.
 */
final class EventsToFresh {
    private static final int EVENTS = Integer.getInteger("freshet.events", 1_000);
    private static final int EVENTS_OF_USE_CACHE = EVENTS / 5;
    private static final Duration BETWEEN = Duration.ofMillis(170);
    private static final Duration LONGEST_RENDER = Duration.ofSeconds(1);
    /** Events before them, each when nothing else is told. */
    private static final int ALONE = Integer.getInteger("freshet.alone", 20);

    /**
     * @param sentAt in nanoseconds, before the POST
     * @param freshAt when each instance first showed it, by the instance's index
     */
    private record Event(int cohort, int value, long sentAt, Map<Integer, Long> freshAt) {
        double millis() {
            return (freshAt.values().stream().mapToLong(Long::longValue).max().orElseThrow() - sentAt) / 1e6;
        }
    }

    private final String name;
    private final Run run;
    private final int count;
    private final IntFunction<Page> page;
    private final Freshet freshet;
    private final List<Node> nodes;
    private final List<Reader> readers;
    private final List<Queue<Event>> awaited = new ArrayList<>();
    private final Random random = new Random(4);
    private volatile boolean over;

    private EventsToFresh(String name, Run run, Fleet fleet, int count, IntFunction<Page> page) {
        this.name = name;
        this.run = run;
        this.count = count;
        this.page = page;
        this.freshet = fleet.freshet();
        this.nodes = fleet.nodes();
        this.readers = nodes.stream().map(Reader::new).toList();
        nodes.forEach(node -> awaited.add(new ConcurrentLinkedQueue<>()));
    }

    static Verdict play(Run run) throws Exception {
        return play("events", run, EVENTS, Page::cohort, Map.of());
    }

    /** The same on pages whose data is cached by {@code use cache}. */
    static Verdict playUseCache(Run run) throws Exception {
        return play("use-cache", run, EVENTS_OF_USE_CACHE, Page::cached, Site.COMPONENTS);
    }

    private static Verdict play(String name, Run run, int count, IntFunction<Page> page, Map<String, String> settings)
            throws Exception {
        try (var fleet = new Fleet(run, LONGEST_RENDER, settings)) {
            fleet.start(Map.of("CALLBACK_MAX_PAUSE", "200ms"));
            return new EventsToFresh(name, run, fleet, count, page).play();
        }
    }

    private Verdict play() throws Exception {
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        try {
            var reading = new ArrayList<Future<?>>();
            for (int i = 0; i < nodes.size(); i++) {
                int index = i;
                reading.add(threads.submit(() -> watch(index)));
                reading.add(threads.submit(() -> wander(index)));
            }
            var alone = alone(reading);
            var events = many(reading);
            over = true;
            for (var reader : reading) {
                reader.get(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS);
            }
            return verdict(alone, events);
        } finally {
            over = true;
            threads.shutdownNow();
            readers.forEach(Reader::close);
        }
    }

    private List<Event> alone(List<Future<?>> reading) throws InterruptedException, ExecutionException {
        var events = new ArrayList<Event>();
        for (int i = 0; i < ALONE; i++) {
            requireReading(reading);
            int cohort = 1 + i % Services.COHORTS;
            var rendered = revisit(cohort);
            Await.until(() -> isFresh(rendered), "both instances have rendered the page of cohort " + cohort);
            var event = send(cohort);
            events.add(event);
            Await.until(() -> isSettled(event), "value " + event.value() + " of cohort " + cohort + " is settled");
        }
        return events;
    }

    /** Each cohort waits for the last of its events to be settled, then for its page to be rendered again. */
    private List<Event> many(List<Future<?>> reading) throws InterruptedException, ExecutionException {
        var events = new ArrayList<Event>();
        var unsettled = new ArrayList<Event>();
        var unrendered = IntStream.rangeClosed(1, Services.COHORTS)
                .mapToObj(this::revisit)
                .collect(Collectors.toCollection(ArrayList::new));
        var idle = new ArrayDeque<Integer>();
        long next = System.nanoTime();
        while (events.size() < count) {
            requireReading(reading);
            unsettled.removeIf(event -> isSettled(event) && unrendered.add(revisit(event.cohort())));
            unrendered.removeIf(event -> isFresh(event) && idle.add(event.cohort()));
            if (System.nanoTime() >= next && !idle.isEmpty()) {
                var event = send(idle.remove());
                events.add(event);
                unsettled.add(event);
                next += (long) (BETWEEN.toNanos() * 2 * random.nextDouble());
            }
            Thread.sleep(1);
        }
        Await.until(() -> unsettled.stream().allMatch(this::isSettled), "all events are settled");
        return events;
    }

    /** Has the page rendered that the second call has expired; one that nobody has asked for would not be old. */
    private Event revisit(int cohort) {
        return watch(new Event(cohort, run.current(cohort), System.nanoTime(), new ConcurrentHashMap<>()));
    }

    private Event send(int cohort) {
        int value = run.next(cohort);
        var event = new Event(cohort, value, System.nanoTime(), new ConcurrentHashMap<>());
        freshet.send(cohort, value);
        return watch(event);
    }

    private Event watch(Event event) {
        awaited.forEach(queue -> queue.add(event));
        return event;
    }

    private boolean isFresh(Event event) {
        return event.freshAt().size() == nodes.size();
    }

    private boolean isSettled(Event event) {
        return isFresh(event) && nodes.stream().allMatch(node -> node.isSettled(event.cohort(), event.value()));
    }

    /** Asks for the pages that are about to change. */
    private Void watch(int index) throws InterruptedException {
        var queue = awaited.get(index);
        while (!over) {
            var event = queue.poll();
            if (event != null) {
                int seen = readers.get(index).read(page.apply(event.cohort())).getOrDefault(event.cohort(), 0);
                if (seen >= event.value()) {
                    event.freshAt().put(index, System.nanoTime());
                } else {
                    queue.add(event);
                }
            }
            Thread.sleep(1);
        }
        return null;
    }

    /** Asks for any page. */
    private Void wander(int index) throws InterruptedException {
        var choice = new Random(index);
        while (!over) {
            var pages = Page.showing(1 + choice.nextInt(Services.COHORTS));
            readers.get(index).read(pages.get(choice.nextInt(pages.size())));
            Thread.sleep(5);
        }
        return null;
    }

    private static void requireReading(List<Future<?>> reading) throws InterruptedException, ExecutionException {
        for (var reader : reading) {
            if (reader.isDone()) {
                reader.get(); // throws what ended it
            }
        }
    }

    /** Pages that the worker has fetched after calls, by what it found. */
    private long proofs(String outcome) {
        return (long) freshet.metric("freshet_proofs_total", "outcome=\"" + outcome + "\"");
    }

    private Verdict verdict(List<Event> alone, List<Event> events) throws InterruptedException {
        long reads = readers.stream().mapToLong(Reader::reads).sum();
        long afterConfirmed =
                readers.stream().mapToLong(Reader::olderThanConfirmed).sum();
        long afterSettled = readers.stream().mapToLong(Reader::olderThanSettled).sum();
        double dead = freshet.metric("freshet_queue_depth", "place=\"dead\"");
        var quiet = Times.of(alone.stream().map(Event::millis).toList());
        var busy = Times.of(events.stream().map(Event::millis).toList());
        var figures = new LinkedHashMap<String, Object>();
        figures.put("events", alone.size() + events.size());
        figures.put("ms", busy.figures());
        figures.put("alone_ms", quiet.figures());
        figures.put("reads", reads);
        figures.put("old_after_first_confirmation", afterConfirmed);
        figures.put("old_after_confirmation", afterSettled);
        figures.put("proven_fresh", proofs("fresh"));
        figures.put("proven_old", proofs("old"));
        figures.put("proven_unreadable", proofs("unreadable"));
        figures.put(
                "calls", nodes.stream().mapToInt(n -> n.app().told().calls()).sum());
        figures.put("dead", (long) dead);
        var line = String.format(
                Locale.ROOT,
                "%,d events, webhook to fresh on both instances: %s; one alone: %s; old data after confirmation: %d"
                        + " of %,d reads (after the first of the two calls: %d)",
                events.size(),
                busy,
                quiet,
                afterSettled,
                reads,
                afterConfirmed);
        return new Verdict(name, afterSettled == 0 && dead == 0 && proofs("unreadable") == 0, line, figures);
    }
}
