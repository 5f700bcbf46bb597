package dev.freshet.catalog;

import dev.freshet.catalog.Problem.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What was found in one file so far. */
final class Problems {
    private final String file;
    private final List<Problem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void error(int line, String message, String remedy) {
        add(Severity.ERROR, line, message, remedy);
    }

    void add(Severity severity, int line, String message, String remedy) {
        found.add(new Problem(severity, file, line, message, remedy));
    }

    boolean hasErrors() {
        return found.stream().anyMatch(Problem::isError);
    }

    List<Problem> byLine() {
        return found.stream()
                .distinct()
                .sorted(Comparator.comparingInt(Problem::line))
                .toList();
    }
}
