package dev.freshet.worker.cli;

import picocli.CommandLine.Option;

/** {@code --json}, as every command that prints data has it. */
final class JsonOption {
    @Option(names = "--json", description = "Print JSON")
    private boolean wanted;

    boolean wanted() {
        return wanted;
    }

    void print(Terminal terminal, Object value, String sentence) {
        if (wanted) {
            terminal.json(value);
        } else {
            terminal.line(sentence);
        }
    }
}
