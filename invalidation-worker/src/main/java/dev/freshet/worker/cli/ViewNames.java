package dev.freshet.worker.cli;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.ParameterException;
import dev.freshet.catalog.View;
import dev.freshet.settings.Spelling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Views and their parameters as they are typed: {@code enrollments cohortId=3 page=2}. */
final class ViewNames {
    private final CommandSpec command;

    /** @param command whose misuse it is when a name is wrong */
    ViewNames(CommandSpec command) {
        this.command = command;
    }

    /** @throws CommandLine.ParameterException when the catalog has no such view */
    View view(Catalog catalog, String name) {
        var view = catalog.views().get(name);
        if (view == null) {
            var near = Spelling.nearest(name, catalog.views().keySet());
            throw misuse("there is no view " + name + " in " + catalog.file()
                    + near.map(known -> "; did you mean " + known + "?")
                            .orElse("; there are "
                                    + String.join(", ", catalog.views().keySet())));
        }
        return view;
    }

    /** @throws CommandLine.ParameterException when the view does not take these */
    Map<String, String> values(View view, List<String> pairs) {
        var given = new LinkedHashMap<String, String>();
        for (var pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw misuse("parameters are written name=value, was '" + pair + "'");
            }
            if (given.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
                throw misuse(pair.substring(0, equals) + " is given more than once; give it once");
            }
        }
        try {
            return view.parse(given);
        } catch (ParameterException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    /** What was typed in any order, taken apart: names of views, and what has an equals sign. */
    static Map<Boolean, List<String>> apart(List<String> words) {
        return words.stream().collect(Collectors.partitioningBy(word -> word.contains("="), Collectors.toList()));
    }

    /** From the beginning of a key to the view it is of; without one where the catalog cannot be read. */
    static Map<String, String> byFingerprint(Terminal terminal) {
        try {
            return terminal.catalog().views().values().stream()
                    .collect(Collectors.toMap(View::fingerprint, View::name, (a, b) -> a));
        } catch (CatalogException e) {
            return Map.of();
        }
    }

    /** The views that are named, or all. */
    List<View> views(Catalog catalog, List<String> names) {
        return names.isEmpty()
                ? new ArrayList<>(catalog.views().values())
                : names.stream().distinct().map(name -> view(catalog, name)).toList();
    }

    private CommandLine.ParameterException misuse(String message) {
        return new CommandLine.ParameterException(command.commandLine(), message);
    }
}
