package dev.freshet.catalog;

/**
 * Something in a catalog that is wrong or worth knowing, printed as {@code catalog.yaml:12: what; what to do}.
 *
 * @param line counted from 1; 0 when it is about the whole file
 * @param remedy what would be right; empty when the message says it
 */
public record Problem(Severity severity, String file, int line, String message, String remedy) {

    /** Only an error keeps a catalog from being used. */
    public enum Severity {
        ERROR,
        WARNING,
        NOTE
    }

    static Problem error(String file, int line, String message, String remedy) {
        return new Problem(Severity.ERROR, file, line, message, remedy);
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    @Override
    public String toString() {
        var kind = switch (severity) {
            case ERROR -> "";
            case WARNING -> "warning: ";
            case NOTE -> "note: ";
        };
        return file + (line == 0 ? "" : ":" + line) + ": " + kind + message + (remedy.isEmpty() ? "" : "; " + remedy);
    }
}
