package dev.freshet.model;

/** What is asked of every name, for each job and each tag: a loop, since a stream costs more than all else there. */
final class Text {
    private Text() {}

    static boolean hasControlCharacter(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }
}
