package dev.freshet.benchmarks.nextjs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a scenario ended.
 *
 * @param passed never decided by how long something took
 * @param line for people
 * @param figures for the last line
 */
record Verdict(String scenario, boolean passed, String line, Map<String, Object> figures) {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String toString() {
        return "  %-7s%-15s %s".formatted(passed ? "ok" : "FAILED", scenario, line);
    }

    /** All of it as one JSON object. */
    static String json(Map<String, List<Verdict>> byVersion) throws JsonProcessingException {
        var versions = new LinkedHashMap<String, Object>();
        byVersion.forEach((version, verdicts) -> {
            var scenarios = new LinkedHashMap<String, Object>();
            for (var verdict : verdicts) {
                var entry = new LinkedHashMap<String, Object>();
                entry.put("passed", verdict.passed());
                entry.putAll(verdict.figures());
                scenarios.put(verdict.scenario(), entry);
            }
            versions.put(version, scenarios);
        });
        boolean passed = byVersion.values().stream().flatMap(List::stream).allMatch(Verdict::passed);
        var all = new LinkedHashMap<String, Object>();
        all.put("name", "nextjs");
        all.put("passed", passed);
        all.put("versions", versions);
        return JSON.writeValueAsString(all);
    }
}
