package dev.freshet.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.Script;
import dev.freshet.redis.ScriptRunner;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Who did what with dead letters: a sorted set by time, each member one line of five fields. Noted when it begins, so
 * that an action that is killed is seen too, and replaced when it has ended.
 */
final class Actions {
    static final int MOST = 1_000;

    /** Also of what somebody looked for no e-mail address is kept. */
    private static final Pattern ADDRESS = Pattern.compile("[^\\s@'=*:]+@[^\\s@'*:]+");

    private final ScriptRunner redis;
    private final String key;

    Actions(ScriptRunner redis, String prefix) {
        this.redis = redis;
        this.key = new QueueKeys(prefix, 0).deadLog;
    }

    void note(DeadAction action) {
        double at = action.at().toEpochMilli();
        redis.await(redis.send(key, commands -> commands.zadd(key, at, line(action))));
        if (action.letters().isPresent()) {
            var begun = new DeadAction(action.at(), action.by(), action.name(), action.which(), OptionalLong.empty());
            redis.await(redis.send(key, commands -> commands.zrem(key, line(begun))));
        }
        redis.await(redis.send(key, commands -> commands.zremrangebyrank(key, 0, -MOST - 1)));
    }

    List<DeadAction> latest(int most) {
        return redis.await(redis.send(key, commands -> commands.zrevrange(key, 0, most - 1))).stream()
                .map(Actions::read)
                .toList();
    }

    private static byte[] line(DeadAction action) {
        var letters =
                action.letters().isPresent() ? String.valueOf(action.letters().getAsLong()) : "";
        var which = ADDRESS.matcher(action.which()).replaceAll("(address)");
        return Script.argument(String.join(
                "\t", action.at().toString(), plain(action.by()), plain(action.name()), letters, plain(which)));
    }

    private static DeadAction read(byte[] line) {
        var fields = new String(line, UTF_8).split("\t", -1);
        var letters = fields[3].isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(fields[3]));
        return new DeadAction(Instant.parse(fields[0]), fields[1], fields[2], fields[4], letters);
    }

    private static String plain(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}
