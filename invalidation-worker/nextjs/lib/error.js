/** See index.d.ts. */
export class FreshetError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code?: string, retryAfter?: number, cause?: unknown }} [what]
   */
  constructor(message, { status, code, retryAfter, cause } = {}) {
    super(message, { cause })
    this.name = 'FreshetError'
    this.status = status
    this.code = code
    this.retryAfter = retryAfter
  }
}

/**
 * @param {string} what was asked, such as `GET /views/books`
 * @param {Response} response
 * @returns {Promise<any>} the JSON that it carries; rejects with a FreshetError when it carries none, or says no
 */
export async function answered(what, response) {
  const { status, ok } = response
  const json = await response.json().catch((cause) => {
    if (!ok) return null
    if (cause.name !== 'SyntaxError') throw cause
    throw new FreshetError(`${what} was answered ${status} without JSON`, { status, cause })
  })
  if (ok) return json
  const seconds = Number(response.headers.get('retry-after') ?? NaN)
  throw new FreshetError(`${what} was answered ${status}${json?.message ? `: ${json.message}` : ''}`, {
    status,
    code: json?.error,
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  })
}

/**
 * What a fetch has thrown, as a FreshetError. Thrown again is what is none of ours: Next.js steers its renders by errors.
 *
 * @param {string} what was asked
 * @param {string} address
 * @param {number} timeout that it was given, in ms
 * @param {any} cause
 * @returns {FreshetError}
 */
export function failed(what, address, timeout, cause) {
  if (cause instanceof FreshetError) return cause
  const isAway = cause instanceof TypeError && cause.cause !== undefined // how fetch says it
  if (cause.name !== 'TimeoutError' && !isAway) throw cause
  const why = isAway ? `failed: ${cause.cause.message || cause.cause.code}` : `was not answered within ${timeout} ms`
  return new FreshetError(`${what} at ${new URL(address).origin} ${why}`, { cause })
}
