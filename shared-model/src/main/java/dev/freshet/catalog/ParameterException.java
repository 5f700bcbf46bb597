package dev.freshet.catalog;

/** A parameter of a cached read that cannot be used. The message says which, what is wrong and what would be right. */
public final class ParameterException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public ParameterException(String message) {
        super(message);
    }
}
