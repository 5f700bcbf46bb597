package dev.freshet.view;

import org.jspecify.annotations.Nullable;

/** A function could not make a value. The message is logged: it says what, where and what would be right, and nothing personal. */
public final class ViewFunctionException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean permanent;

    private ViewFunctionException(boolean permanent, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.permanent = permanent;
    }

    /** It will fail each time until somebody changes what it reads. */
    public static ViewFunctionException permanent(String message, @Nullable Throwable cause) {
        return new ViewFunctionException(true, message, cause);
    }

    /** It may work later without anybody's doing. */
    public static ViewFunctionException temporary(String message, @Nullable Throwable cause) {
        return new ViewFunctionException(false, message, cause);
    }

    /** Whether trying again is of no use. */
    public boolean isPermanent() {
        return permanent;
    }
}
