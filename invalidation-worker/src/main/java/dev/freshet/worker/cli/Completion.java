package dev.freshet.worker.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a shell needs to complete the words of this command. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = "Print the completion script for bash or zsh",
        footerHeading = "%nExample:%n",
        footer = "  eval \"$(freshet completion)\"     in ~/.bashrc or ~/.zshrc")
final class Completion implements Runnable {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Completion(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        terminal.line(AutoComplete.bash("freshet", spec.root().commandLine()));
    }
}
