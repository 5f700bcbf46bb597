package dev.freshet.worker.view;

import dev.freshet.view.ViewFunction;
import dev.freshet.view.ViewFunctionException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The function {@code scripted}: does what a test says, by the name that the option {@code script} gives it. */
public final class ScriptedFunction implements ViewFunction {
    private static final Map<String, Script> SCRIPTS = new ConcurrentHashMap<>();

    /** What a test says. */
    interface Script {
        Optional<byte[]> load(Map<String, String> values) throws ViewFunctionException, InterruptedException;
    }

    static void does(String name, Script script) {
        SCRIPTS.put(name, script);
    }

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public void check(Map<String, String> options) {
        if (!options.containsKey("script")) {
            throw new IllegalArgumentException("scripted needs the option script: the name of one");
        }
    }

    @Override
    public Optional<byte[]> load(Map<String, String> values, Map<String, String> options)
            throws ViewFunctionException, InterruptedException {
        return Objects.requireNonNull(SCRIPTS.get(options.get("script"))).load(values);
    }
}
