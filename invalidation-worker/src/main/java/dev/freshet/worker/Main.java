package dev.freshet.worker;

import dev.freshet.worker.cli.Freshet;

/** Where the {@code freshet} command starts. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(Freshet.run(System.getenv(), System.out, System.err, args));
    }
}
