package dev.freshet.worker.cli;

import dev.freshet.catalog.CatalogException;
import dev.freshet.catalog.CatalogReader;
import dev.freshet.settings.Addresses;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import dev.freshet.settings.Spelling;
import dev.freshet.worker.ServeProcess;
import dev.freshet.worker.WorkerProcess;
import io.javalin.util.JavalinException;
import io.lettuce.core.RedisConnectionException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code freshet} command. It ends with 0 when done, 1 when that failed, 2 when it was misused: also by a setting
 * or a catalog that cannot be used.
 */
@Command(
        name = "freshet",
        mixinStandardHelpOptions = true,
        versionProvider = Freshet.Version.class,
        addMethodSubcommands = false, // they are added below, in the order of the help
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
            "    --catalog NAME|FOLDER          either of them with another system, or with yours",
            "  freshet dashboard                beside it: the sample application's pages, with Next.js",
            "",
            "In production, any number of each:",
            "  freshet ingest                   takes webhooks",
            "  freshet work                     applies them, invalidates, re-warms, tells front ends",
            "  freshet serve                    answers cached reads",
            "",
            "Settings come from the environment (REDIS_URL, DATABASE_URL, CATALOG, …); .env.example explains each.",
            "'freshet help COMMAND' says more."
        })
public final class Freshet {
    private static final Set<String> SERVICES = Set.of("work", "serve");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    private final Terminal terminal;

    private Freshet(Terminal terminal) {
        this.terminal = terminal;
    }

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
        return new CommandLine(new Freshet(terminal))
                .addSubcommand(played(
                        "demo",
                        "Tell the whole story on embedded services, and end",
                        "Ends with 0 when everything came as the story tells it, with 1 when something did not. Takes any"
                                + " ports that are free."))
                .addSubcommand(played(
                        "dev",
                        "Run everything on embedded services until Ctrl-C",
                        "Ports: INGEST_PORT (8080), WORKER_PORT (8081), SERVE_PORT (8082), FRONT_END_PORT (3000). One that"
                                + " is taken gives way to a free one, unless it was set."))
                .addSubcommand(launched("dashboard", "Show the sample application's pages beside dev; needs Node 20.9"))
                .addSubcommand(launched("ingest", "Take webhooks and the application's own changes over HTTP"))
                .addSubcommand(method("work"))
                .addSubcommand(method("serve"))
                .addSubcommand(new Send(terminal))
                .addSubcommand(new Status(terminal))
                .addSubcommand(new Deliveries(terminal))
                .addSubcommand(dlq(terminal))
                .addSubcommand(cache(terminal))
                .addSubcommand(method("pause"))
                .addSubcommand(method("resume"))
                .addSubcommand(new Check(terminal))
                .addSubcommand(new CommandLine(new Audit(terminal)).addSubcommand(new AuditQueue(terminal)))
                .addSubcommand(new Explain(terminal))
                .addSubcommand(new Capture(terminal))
                .addSubcommand(new Forget(terminal))
                .addSubcommand(method("completion"))
                .addSubcommand(method("help"))
                .setOut(new PrintWriter(terminal.out(), true, terminal.out().charset()))
                .setErr(new PrintWriter(terminal.err(), true, terminal.err().charset()))
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(28)
                .setParameterExceptionHandler(Freshet::misused)
                .setExecutionExceptionHandler((error, line, parsed) -> failed(error, line, terminal));
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Apply what the queue holds, invalidate and re-warm the cache, tell the front ends",
                "Told to stop (SIGTERM, Ctrl-C), it finishes what it has claimed within WORKER_DRAIN and gives the rest back.",
                "Settings: WORKER_PORT, WORKER_LANES, CATALOG, REDIS_URL or REDIS_QUEUE_URL and REDIS_CACHE_URL,",
                "DATABASE_URL; .env.example explains all."
            })
    void work() throws InterruptedException {
        UntilStopped.run("worker", () -> WorkerProcess.start(terminal.settings()));
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Answer the catalog's views over HTTP, from the cache where it can",
                "Settings: SERVE_PORT, CATALOG, REDIS_URL or REDIS_CACHE_URL, DATABASE_URL; .env.example explains all."
            })
    void serve() throws InterruptedException {
        UntilStopped.run("serve", () -> ServeProcess.start(terminal.settings()));
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Let no worker claim until 'resume'",
                "What is claimed is finished; webhooks are still accepted."
            })
    void pause(
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            defaultValue = "by hand",
                            description = "What 'status' says (default: ${DEFAULT-VALUE})")
                    String reason,
            @Mixin JsonOption json) {
        terminal.withQueue(queue -> {
            queue.pause(reason);
            return reason;
        });
        json.print(terminal, Map.of("paused", true, "reason", reason), "paused: " + reason);
    }

    @Command(mixinStandardHelpOptions = true, description = "Let the workers claim again")
    void resume(@Mixin JsonOption json) {
        boolean was = terminal.withQueue(queue -> {
            boolean paused = queue.paused().isPresent();
            queue.resume();
            return paused;
        });
        json.print(
                terminal,
                Map.of("paused", false, "was", was),
                was ? "resumed" : "the queue was not paused, nothing changed");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Print the completion script for bash or zsh",
            footerHeading = "%nExample:%n",
            footer = "  eval \"$(freshet completion)\"     in ~/.bashrc or ~/.zshrc")
    void completion() {
        terminal.line(AutoComplete.bash("freshet", spec.root().commandLine()));
    }

    @Command(mixinStandardHelpOptions = true, helpCommand = true, description = "Explain a command")
    void help(
            @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "Such as dlq replay") List<String> path) {
        var explained = spec.root().commandLine();
        for (var name : path == null ? List.<String>of() : path) {
            var next = explained.getSubcommands().get(name);
            if (next == null) {
                throw new UnmatchedArgumentException(explained, List.of(name));
            }
            explained = next;
        }
        explained.usage(explained.getOut());
    }

    private static CommandLine method(String name) {
        return new CommandLine(
                CommandLine.getCommandMethods(Freshet.class, name).getFirst());
    }

    private static CommandLine cache(Terminal terminal) {
        return new CommandLine(new Cache(terminal))
                .addSubcommand(new CacheStatistics(terminal))
                .addSubcommand(new CacheTop(terminal))
                .addSubcommand(new CacheWarm(terminal));
    }

    private static CommandLine dlq(Terminal terminal) {
        return new CommandLine(new Dlq(terminal))
                .addSubcommand(new DlqReplay(terminal))
                .addSubcommand(new DlqDiscard(terminal))
                .addSubcommand(new DlqExport(terminal));
    }

    /** A command that stands in the help although the launcher starts it, from another class path. */
    private static CommandLine launched(String name, String... description) {
        Runnable refusal = () -> {
            throw new SettingException(
                    name + " is started by the launcher at the top of the project: ./freshet " + name);
        };
        var spec = CommandLine.Model.CommandSpec.wrapWithoutInspection(refusal).name(name);
        spec.mixinStandardHelpOptions(true).usageMessage().description(description);
        return new CommandLine(spec);
    }

    /** One that runs a system that it is told. */
    private static CommandLine played(String name, String... description) {
        var command = launched(name, description);
        command.getCommandSpec()
                .addOption(OptionSpec.builder("--catalog")
                        .type(String.class)
                        .paramLabel("NAME|FOLDER")
                        .description("Another system that comes with Freshet, one of "
                                + String.join(", ", CatalogReader.names())
                                + "; or yours: a folder with catalog.yaml and, beside it, schema.sql (the"
                                + " tables), sample.sql (rows in them) and story.yaml (what happens); or the"
                                + " catalog's file in it. docs/stories.md says more")
                        .build());
        return command;
    }

    private static int misused(ParameterException error, String[] arguments) {
        var commandLine = error.getCommandLine();
        var name = commandLine.getCommandSpec().qualifiedName();
        var wrong = error instanceof UnmatchedArgumentException unmatched
                ? unmatched.getUnmatched().getFirst()
                : "";
        var spec = commandLine.getCommandSpec();
        boolean option = wrong.startsWith("-");
        var known = option ? spec.optionsMap().keySet() : spec.subcommands().keySet();
        var what = wrong.isEmpty() || (!option && known.isEmpty())
                ? error.getMessage()
                : "there is no " + (option ? "option " : "command ") + wrong;
        commandLine
                .getErr()
                .println(what + "; "
                        + Spelling.nearest(wrong, known)
                                .map(near -> "did you mean '" + near + "'?")
                                .orElse("'" + name + " --help' says more"));
        return ExitCode.USAGE;
    }

    private static int failed(Exception error, CommandLine commandLine, Terminal terminal) {
        LoggerFactory.getLogger(Freshet.class).debug("command failed", error);
        var message = Objects.requireNonNullElseGet(error.getMessage(), error::toString);
        boolean guessed = error instanceof RedisConnectionException && !Addresses.namesRedis(terminal.settings());
        commandLine.getErr().println(guessed ? message + " (REDIS_URL is not set)" : message);
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
