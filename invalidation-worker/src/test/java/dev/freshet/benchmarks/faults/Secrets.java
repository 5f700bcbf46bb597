package dev.freshet.benchmarks.faults;

import java.util.List;
import java.util.UUID;

/** What nobody may ever see in a log; new for each run, so that whatever is found is from this one. */
record Secrets(String webhook, String events, String revalidate, String redis, String database, String admin) {
    /** The domain of every address that a delivery holds. */
    static final String MAIL_DOMAIN = "@faults.example";

    static Secrets random() {
        return new Secrets(
                one("webhook"), one("events"), one("revalidate"), one("redis"), one("database"), one("admin"));
    }

    List<String> all() {
        return List.of(webhook, events, revalidate, redis, database, admin);
    }

    private static String one(String name) {
        return name + UUID.randomUUID().toString().replace("-", "");
    }
}
