package dev.freshet.scorm;

/** A package, or what was asked for, is none that is read. The message says where, what, and what would be right. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int LONGEST_QUOTE = 80;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Text from a package, fit for a line of a log: without control characters, and not all of it when it is long. */
    static String quote(String text) {
        var start = text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "…" : text;
        return "'" + start.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?") + "'";
    }
}
