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
}
