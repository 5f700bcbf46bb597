package dev.freshet.worker.cli;

import dev.freshet.catalog.CatalogException;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import io.javalin.util.JavalinException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code freshet} command. It ends with 0 when done, 1 when that failed, 2 when it was misused: also by a setting
 * or a catalog that cannot be used.
 */
@Command(
        name = "freshet",
        mixinStandardHelpOptions = true,
        versionProvider = Freshet.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Keeps caches and pages fresh when the data behind them changes: a signed webhook goes in, and a moment "
                    + "later every cached value and every page that depended on the changed data is fresh.",
            ""
        },
        commandListHeading = "Commands:%n",
        footerHeading = "%n",
        footer = {
            "To see it work, without Redis, PostgreSQL or Docker:",
            "  freshet demo                     tells the whole story and ends",
            "  freshet dev                      runs everything until Ctrl-C and prints a curl line to try",
            "",
            "In production, any number of each:",
            "  freshet ingest                   takes webhooks",
            "  freshet work                     applies them, invalidates, re-warms, tells front ends",
            "  freshet serve                    answers cached reads",
            "",
            "Settings come from the environment (REDIS_URL, DATABASE_URL, CATALOG, …); .env.example explains each.",
            "'freshet COMMAND --help' says more."
        })
public final class Freshet implements Runnable {
    private static final Set<String> SERVICES = Set.of("work", "serve");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    private Freshet() {}

    /**
     * Runs one command.
     *
     * @param environment where settings come from
     * @return the exit code
     */
    public static int run(Map<String, String> environment, PrintStream out, PrintStream err, String... arguments) {
        if (!environment.containsKey("LOG_LEVEL") && (arguments.length == 0 || !SERVICES.contains(arguments[0]))) {
            System.setProperty("LOG_LEVEL", "ERROR"); // before the first logger is made
        }
        return commandLine(new Terminal(new Settings(environment), out, err)).execute(arguments);
    }

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new Freshet())
                .addSubcommand(launched("demo", "Tell the whole story on embedded services, and end"))
                .addSubcommand(launched("dev", "Run everything on embedded services until Ctrl-C"))
                .addSubcommand(launched("ingest", "Take webhooks and the application's own changes over HTTP"))
                .addSubcommand(new Work(terminal))
                .addSubcommand(new Serve(terminal))
                .addSubcommand(new Send(terminal))
                .addSubcommand(new Status(terminal))
                .addSubcommand(new Dlq(terminal))
                .addSubcommand(new Pause(terminal))
                .addSubcommand(new Pause.Resume(terminal))
                .addSubcommand(new Check(terminal))
                .addSubcommand(new Explain(terminal))
                .addSubcommand(new Completion(terminal))
                .setOut(new PrintWriter(terminal.out(), true, terminal.out().charset()))
                .setErr(new PrintWriter(terminal.err(), true, terminal.err().charset()))
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(28)
                .setParameterExceptionHandler(Freshet::misused)
                .setExecutionExceptionHandler(Freshet::failed);
    }

    /** Without a command there is nothing to do but help. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** A command that stands in the help although the launcher starts it, from another class path. */
    private static CommandLine launched(String name, String description) {
        Runnable refusal = () -> {
            throw new SettingException(
                    name + " is started by the launcher at the top of the project: ./freshet " + name);
        };
        var spec = CommandLine.Model.CommandSpec.wrapWithoutInspection(refusal).name(name);
        spec.mixinStandardHelpOptions(true).usageMessage().description(description);
        return new CommandLine(spec);
    }

    private static int misused(ParameterException error, String[] arguments) {
        var commandLine = error.getCommandLine();
        var name = commandLine.getCommandSpec().qualifiedName();
        var near = error instanceof UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions().stream().findFirst()
                : Optional.<String>empty();
        var help = near.map(suggestion -> "did you mean '" + suggestion + "'?")
                .orElseGet(() -> "'" + name + " --help' says more");
        commandLine.getErr().println(error.getMessage() + "; " + help);
        return ExitCode.USAGE;
    }

    private static int failed(Exception error, CommandLine commandLine, CommandLine.ParseResult parsed) {
        LoggerFactory.getLogger(Freshet.class).debug("command failed", error);
        commandLine.getErr().println(Objects.requireNonNullElseGet(error.getMessage(), error::toString));
        boolean misused = error instanceof SettingException
                || error instanceof CatalogException
                || error instanceof JavalinException; // an address that cannot be listened on
        return misused ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var built = Freshet.class.getPackage().getImplementationVersion();
            return new String[] {"freshet " + Objects.requireNonNullElse(built, "development")};
        }
    }
}
