package dev.freshet.queue;

/**
 * A claim whose worker stopped renewing it.
 *
 * @param partition where it stands, counted from 0
 * @param id as {@link Claim#id}
 */
public record ExpiredClaim(int partition, String id) {}
