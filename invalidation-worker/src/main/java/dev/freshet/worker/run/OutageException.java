package dev.freshet.worker.run;

/** A dependency is away. The work is not at fault: it goes back unharmed, and waits. */
final class OutageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String dependency;
    private final boolean halfDone;

    /** @param halfDone whether something may have been committed whose effects nobody has invalidated */
    OutageException(String dependency, boolean halfDone, Throwable cause) {
        super(dependency + " is away", cause);
        this.dependency = dependency;
        this.halfDone = halfDone;
    }

    String dependency() {
        return dependency;
    }

    /** What the dependency, or the connection to it, failed with. */
    String reason() {
        Throwable root = this;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    boolean isHalfDone() {
        return halfDone;
    }
}
