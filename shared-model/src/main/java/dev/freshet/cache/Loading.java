package dev.freshet.cache;

import dev.freshet.cache.Cached.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One read of a typed cache: from keys to requests, and from what the cache and the loader brought back to values. The
 * loader may be called by a refresh too, on another thread and after the read has ended.
 */
final class Loading<K, V> implements Function<List<Request>, List<Value>> {
    private final Values<K, V> values;
    private final Function<List<K>, Map<K, V>> loader;
    private final Map<String, K> keys = new LinkedHashMap<>();
    private final List<Request> requests = new ArrayList<>();
    /** What this read's own loads brought, without absent values. */
    private final Map<K, V> loaded = new LinkedHashMap<>();

    private final Map<K, V> found = new LinkedHashMap<>();
    private final Set<K> done = new HashSet<>();
    private final List<Request> unread = new ArrayList<>();
    private @Nullable Throwable failure;

    Loading(Values<K, V> values, Collection<K> wanted, Function<List<K>, Map<K, V>> loader) {
        this.values = values;
        this.loader = loader;
        for (var key : wanted) {
            var request = values.request(key);
            if (keys.putIfAbsent(request.key(), key) == null) {
                requests.add(request);
            }
        }
    }

    List<Request> requests() {
        return requests;
    }

    @Override
    public List<Value> apply(List<Request> missing) {
        try {
            var wanted = missing.stream().map(this::key).toList();
            var brought = loader.apply(wanted);
            var contents = wanted.stream()
                    .map(key -> values.encode(key, brought.get(key)))
                    .toList();
            synchronized (this) {
                wanted.forEach(key -> put(loaded, key, brought.get(key)));
                done.addAll(wanted);
            }
            return contents;
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    /** Takes what the cache answered, in the order of the requests. */
    void take(List<Cached> answers) {
        for (int i = 0; i < answers.size(); i++) {
            take(requests.get(i), answers.get(i));
        }
    }

    synchronized void take(Request request, Cached answer) {
        var key = key(request);
        unread.remove(request);
        if (answer.outcome() == Outcome.MISS) { // not decoded: what is not valid is not encoded either
            put(found, key, loaded.get(key));
            return;
        }
        try {
            put(found, key, values.decode(answer.entry()));
            done.add(key);
        } catch (RuntimeException e) {
            values.notUnderstood(e);
            done.remove(key);
            unread.add(request);
        }
    }

    /** Requests whose values were cached and could not be understood. */
    List<Request> unread() {
        return List.copyOf(unread);
    }

    /** Keys that nothing is known of yet. */
    synchronized List<K> open() {
        return keys.values().stream().filter(key -> !done.contains(key)).toList();
    }

    /** Asks the loader past the cache. */
    void loadOpen() {
        var wanted = open();
        if (wanted.isEmpty()) {
            return;
        }
        var brought = loader.apply(wanted);
        wanted.forEach(key -> values.requireAllowed(key, brought.get(key)));
        synchronized (this) {
            wanted.forEach(key -> put(loaded, key, brought.get(key)));
            done.addAll(wanted);
        }
    }

    /** Whether the loader threw this. */
    boolean isOwn(Throwable error) {
        return error.equals(failure);
    }

    /** What there is, in the order of the keys. */
    synchronized Map<K, V> results() {
        var results = new LinkedHashMap<K, V>();
        keys.values().forEach(key -> put(results, key, found.containsKey(key) ? found.get(key) : loaded.get(key)));
        return results;
    }

    private K key(Request request) {
        var key = keys.get(request.key());
        if (key == null) {
            throw new IllegalStateException("nobody asked for " + request.key());
        }
        return key;
    }

    private static <K, V> void put(Map<K, V> map, K key, @Nullable V value) {
        if (value != null) {
            map.put(key, value);
        }
    }
}
