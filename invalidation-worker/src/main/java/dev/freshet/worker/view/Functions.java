package dev.freshet.worker.view;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.Problem;
import dev.freshet.catalog.Problem.Severity;
import dev.freshet.catalog.View.Source;
import dev.freshet.settings.Spelling;
import dev.freshet.view.ViewFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The functions on the class path, by what catalogs call them. */
public final class Functions {
    private final Map<String, ViewFunction> byName = new TreeMap<>();

    private Functions(Iterable<ViewFunction> functions) {
        for (var function : functions) {
            var before = byName.putIfAbsent(function.name(), function);
            if (before != null) {
                throw new IllegalStateException("two functions are called " + function.name() + ", "
                        + before.getClass().getName() + " and "
                        + function.getClass().getName()
                        + ": leave one off the class path");
            }
        }
    }

    /**
     * @throws IllegalStateException when two have one name
     * @throws java.util.ServiceConfigurationError when one that is named in a jar cannot be made
     */
    public static Functions found() {
        return new Functions(ServiceLoader.load(ViewFunction.class, Functions.class.getClassLoader()));
    }

    Optional<ViewFunction> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** @return an error for each view whose function is not there, or will not have its options */
    public List<Problem> check(Catalog catalog) {
        var problems = new ArrayList<Problem>();
        for (var view : catalog.views().values()) {
            if (view.source() instanceof Source.Function source) {
                var where = "views." + view.name() + ".function";
                var function = find(source.name());
                if (function.isEmpty()) {
                    var message = where + ": there is no function " + source.name() + " on the class path";
                    problems.add(
                            new Problem(Severity.ERROR, catalog.file(), source.line(), message, remedy(source.name())));
                } else {
                    try {
                        function.get().check(source.options());
                    } catch (IllegalArgumentException e) {
                        var message = where + ": " + e.getMessage();
                        problems.add(new Problem(Severity.ERROR, catalog.file(), source.line(), message, ""));
                    }
                }
            }
        }
        return problems;
    }

    private String remedy(String name) {
        return Spelling.hint(
                name,
                byName.keySet(),
                "put its jar on FRESHET_CLASSPATH; there are " + String.join(", ", byName.keySet()));
    }
}
