package dev.freshet.queue;

/** A job in the queue that this process cannot read. It stays where it is. */
public final class JobFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean newer;

    private JobFormatException(String message, boolean newer) {
        super(message);
        this.newer = newer;
    }

    static JobFormatException newer(String job, int version) {
        return new JobFormatException(
                "job " + job + " has version " + version + ", this process knows " + JobCodec.VERSION
                        + ": it is for a newer process, update this one",
                true);
    }

    static JobFormatException broken(String what) {
        return new JobFormatException("not a job: " + what, false);
    }

    /** Whether a newer process can read the job; otherwise nobody can. */
    public boolean isNewer() {
        return newer;
    }
}
