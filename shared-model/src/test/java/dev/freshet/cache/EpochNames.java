package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Calls epochs by the order in which they turn up, since their own names are new each time. */
final class EpochNames {
    private final Map<String, String> names = new HashMap<>();

    String of(String epoch) {
        return names.computeIfAbsent(epoch, unused -> "e" + names.size());
    }

    String of(List<String> epochs) {
        return epochs.stream().map(this::of).toList().toString();
    }

    /** What a process holds, without times. */
    String of(World.Contents contents) {
        var text = new StringBuilder();
        contents.strings()
                .forEach((name, value) -> text.append(name).append('=').append(of(name, value)));
        return text.append(contents.sets()).toString();
    }

    private String of(String name, byte[] value) {
        return switch (name.charAt(name.indexOf('}') + 2)) {
            case 'e' ->
                Stored.decode(value)
                        .map(entry -> entry.token()
                                + entry.runId()
                                + of(entry.epochs())
                                + new String(entry.entry().content(), UTF_8))
                        .orElseGet(() -> new String(value, UTF_8));
            case 'l' -> {
                var parts = new String(value, UTF_8).split("\\|", 2);
                yield parts[0] + of(List.of(parts[1].split(";")));
            }
            default -> of(new String(value, UTF_8));
        };
    }
}
