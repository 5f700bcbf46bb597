package dev.freshet.catalog;

import java.util.List;
import java.util.stream.Collectors;

/** A catalog that cannot be used. The message has one line per problem. */
public final class CatalogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    public CatalogException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** All of them, errors and the rest, by line. */
    public List<Problem> problems() {
        return problems;
    }
}
