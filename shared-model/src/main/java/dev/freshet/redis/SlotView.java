package dev.freshet.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which master holds which slots, as one node of the cluster sees it.
 *
 * @param isServing whether the node sees itself as part of a cluster that works; an isolated one does not
 * @param epoch grows with every change of masters, so that of two views the one with the higher is the newer
 */
record SlotView(boolean isServing, long epoch, List<Range> ranges) {

    /** Both ends included. */
    record Range(int first, int last, Node master) {}

    /**
     * @param info what CLUSTER INFO answered
     * @param slots what CLUSTER SLOTS answered
     * @param askedHost the host that answered
     */
    static SlotView of(String info, List<Object> slots, String askedHost) {
        var fields = ServerInfo.parse(info);
        var ranges = new ArrayList<Range>();
        for (var slot : slots) {
            var range = (List<?>) slot;
            var master = (List<?>) range.get(2);
            ranges.add(new Range(
                    number(range.get(0)),
                    number(range.get(1)),
                    Node.announced(text(master.get(0)), number(master.get(1)), askedHost)));
        }
        var epoch = fields.get("cluster_current_epoch");
        return new SlotView(
                fields.get("cluster_state").equals("ok"), epoch.isEmpty() ? 0 : Long.parseLong(epoch), ranges);
    }

    private static int number(Object value) {
        return Math.toIntExact((Long) value);
    }

    private static String text(@Nullable Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }
}
