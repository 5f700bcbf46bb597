package dev.freshet.worker.run;

/** A dependency is away. The work is not at fault: it goes back unharmed, and waits. */
final class OutageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String dependency;

    OutageException(String dependency, Throwable cause) {
        super(dependency + " is away", cause);
        this.dependency = dependency;
    }

    String dependency() {
        return dependency;
    }
}
