package dev.freshet.worker.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes dead letters out, bodies and all. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Write dead letters out as lines of JSON, one letter a line, bodies and all",
            "They stay where they are. A body that is no text is in 'bodyBase64'. What is written holds personal data."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet dlq export --topic quiz.attempted --output letters.jsonl",
            "  head -1 letters.jsonl | jq -j .body | freshet send -         sends one again, as a new delivery"
        })
final class DlqExport implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private DlqFilter filter = new DlqFilter();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write to a new file that nobody else may read (default: print)")
    private Optional<Path> file = Optional.empty();

    DlqExport(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (file.isEmpty()) {
            int code = export(terminal.out());
            terminal.out().flush();
            return code;
        }
        try (var out = create(file.get())) {
            return export(out);
        }
    }

    private int export(OutputStream out) {
        var counts = new int[2];
        terminal.withOpenLetters(open -> {
            open.letters().eachWhole(filter.filter(), letter -> {
                if (letter.isWhole()) {
                    write(out, terminal.jsonLine(new LetterText(letter).details()));
                    counts[0]++;
                } else {
                    terminal.error(LetterText.bodyMissing(
                            letter.job().id(), open.database().isPresent()));
                    counts[1]++;
                }
                terminal.progress("exported " + counts[0]);
            });
            return counts[0];
        });
        terminal.progress("");
        if (file.isPresent()) {
            terminal.line("exported " + LetterText.count(counts[0]) + " to " + file.get());
        } else if (counts[0] + counts[1] == 0) {
            terminal.error("there is no dead letter to export");
        }
        return counts[1] == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static void write(OutputStream out, byte[] line) {
        try {
            out.write(line);
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static OutputStream create(Path file) throws IOException {
        var mine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        var options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            var attributes = posix ? new FileAttribute<?>[] {mine} : new FileAttribute<?>[0];
            return new BufferedOutputStream(Channels.newOutputStream(Files.newByteChannel(file, options, attributes)));
        } catch (FileAlreadyExistsException e) {
            throw new FileAlreadyExistsException(file + " is there already, and is not written over");
        }
    }
}
