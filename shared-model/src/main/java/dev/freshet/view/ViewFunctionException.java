package dev.freshet.view;

import org.jspecify.annotations.Nullable;

/** A function could not make a value. The message is logged: it says what, where and what would be right, and nothing personal. */
public final class ViewFunctionException extends Exception {
    private static final long serialVersionUID = 1L;

    private enum Kind {
        REFUSAL,
        PERMANENT,
        TEMPORARY
    }

    private final Kind kind;

    private ViewFunctionException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** There can be no value for these parameters. The message is for whoever asked, and is not logged. */
    public static ViewFunctionException refusal(String message) {
        return new ViewFunctionException(Kind.REFUSAL, message, null);
    }

    /** It will fail each time until somebody changes what it reads. */
    public static ViewFunctionException permanent(String message, @Nullable Throwable cause) {
        return new ViewFunctionException(Kind.PERMANENT, message, cause);
    }

    /** It may work later without anybody's doing. */
    public static ViewFunctionException temporary(String message, @Nullable Throwable cause) {
        return new ViewFunctionException(Kind.TEMPORARY, message, cause);
    }

    /** Whether it is the fault of whoever asked. */
    public boolean isRefusal() {
        return kind == Kind.REFUSAL;
    }

    /** Whether trying again is of no use. */
    public boolean isPermanent() {
        return kind != Kind.TEMPORARY;
    }
}
