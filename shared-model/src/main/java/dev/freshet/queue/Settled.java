package dev.freshet.queue;

/**
 * What a claim became when it was settled.
 *
 * @param done how many jobs are done
 * @param retried how many wait for their next try
 * @param buried how many are dead letters
 */
public record Settled(int done, int retried, int buried) {
    /**
     * The lease was not ours any more, and nothing was changed: its jobs are with another worker or will be. After a
     * connection was lost it may also mean that the same call settled the claim and only its answer was lost.
     */
    public static final Settled LOST = new Settled(0, 0, 0);

    public boolean isLost() {
        return equals(LOST);
    }
}
