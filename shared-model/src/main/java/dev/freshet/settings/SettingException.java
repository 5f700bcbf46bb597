package dev.freshet.settings;

/** A setting that cannot be used. The message names it, says what is wrong and what would be right. */
public final class SettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public SettingException(String message) {
        super(message);
    }
}
