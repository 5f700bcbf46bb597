package dev.freshet.redis;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What a Redis process says of itself by INFO. */
record ServerInfo(Map<String, String> fields) {
    private static final int HALF = 20;

    ServerInfo {
        fields = Map.copyOf(fields);
    }

    static ServerInfo parse(String text) {
        var fields = new HashMap<String, String>();
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && line.charAt(0) != '#') {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        });
        return new ServerInfo(fields);
    }

    /** Empty when the server does not say. */
    String get(String field) {
        return fields.getOrDefault(field, "");
    }

    boolean isLoading() {
        return get("loading").equals("1");
    }

    boolean isCluster() {
        return get("redis_mode").equals("cluster");
    }

    /** Also a server that does not say, since a proxy may stand for it. */
    boolean isMaster() {
        return get("role").isEmpty() || get("role").equals("master");
    }

    boolean namesItself() {
        return !get("run_id").isEmpty();
    }

    /** Renamed whenever a process becomes a master. */
    String replicationId() {
        return get("master_replid");
    }

    /**
     * Names the process in its present time as a master. The run id alone would not do: a master that was deposed, copied
     * what its successor had, and is promoted again is the same process, but may hold what it never was told to remove.
     */
    String reign() {
        if (!namesItself()) {
            return UUID.randomUUID().toString();
        }
        boolean hasBoth = get("run_id").length() >= HALF && replicationId().length() >= HALF;
        return hasBoth ? get("run_id").substring(0, HALF) + replicationId().substring(0, HALF) : get("run_id");
    }
}
