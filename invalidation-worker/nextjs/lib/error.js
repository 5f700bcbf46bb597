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

  /**
   * @param {string} what was asked, such as `GET /views/books`
   * @param {Response} response that says no
   */
  static async from(what, response) {
    const { error, message } = await response.json().catch(() => ({}))
    const seconds = Number(response.headers.get('retry-after') ?? NaN)
    return new FreshetError(`${what} was answered ${response.status}${message ? `: ${message}` : ''}`, {
      status: response.status,
      code: error,
      retryAfter: Number.isFinite(seconds) ? seconds : undefined,
    })
  }

  /**
   * Of a fetch that was not answered. Anything else is thrown again: Next.js steers its renders by errors of its own.
   *
   * @param {string} what was asked
   * @param {string} address
   * @param {number} timeout that it was given, in ms
   * @param {any} cause
   */
  static unanswered(what, address, timeout, cause) {
    const isAway = cause instanceof TypeError && cause.cause !== undefined // how fetch says it
    if (cause.name !== 'TimeoutError' && !isAway) throw cause
    const why = isAway ? `failed: ${cause.cause.message || cause.cause.code}` : `was not answered within ${timeout} ms`
    return new FreshetError(`${what} at ${new URL(address).origin} ${why}`, { cause })
  }
}
