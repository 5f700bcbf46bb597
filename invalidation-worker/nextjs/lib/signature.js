import { createHmac, timingSafeEqual } from 'node:crypto'

/** The header that carries a signature: `t=<unix seconds>,v1=<hex>`, one v1 per secret. */
export const SIGNATURE_HEADER = 'x-freshet-signature'

/** How far the signed time may be from ours, in seconds. */
export const WINDOW_SECONDS = 300

const hmac = (secret, seconds, body) => createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()

/**
 * @param {readonly string[]} secrets at least one
 * @param {number} seconds unix time
 * @param {string | Uint8Array} body as it is sent
 * @returns {string} the header's value
 */
export function sign(secrets, seconds, body) {
  return [`t=${seconds}`, ...secrets.map((secret) => `v1=${hmac(secret, seconds, body).toString('hex')}`)].join(',')
}

/**
 * Signs where a call goes too, so that it can be sent to no other address: what Freshet's webhook service is sent.
 *
 * @param {readonly string[]} secrets at least one
 * @param {number} seconds unix time
 * @param {string} method such as POST
 * @param {string} address as it is asked; its path and query are signed
 * @param {string} body as it is sent
 * @returns {string} the header's value, `t=<unix seconds>,v2=<hex>`
 */
export function signCall(secrets, seconds, method, address, body) {
  const { pathname, search } = new URL(address)
  const call = `v2\n${seconds}\n${method}\n${pathname}${search}\n\n` // the empty line is for an Idempotency-Key
  const hex = (secret) => createHmac('sha256', secret).update(call).update(body).digest('hex')
  return [`t=${seconds}`, ...secrets.map((secret) => `v2=${hex(secret)}`)].join(',')
}

/**
 * @param {string | null | undefined} header as it came
 * @param {Uint8Array} body as it came
 * @param {readonly string[]} secrets any of which may have signed
 * @param {number} now unix seconds
 * @returns {{ error: string } | { until: number, key: string }} what is wrong; or until when the signature is valid, in
 *   unix seconds, and what this call is remembered by, however its header was written
 */
export function verify(header, body, secrets, now) {
  const fields = (header ?? '').split(',').map((field) => field.trim().split('='))
  const values = (name) => fields.filter(([key]) => key === name).map(([, value = '']) => value)
  const [time = '', ...more] = values('t')
  const given = values('v1')
    .filter((hex) => /^[0-9a-f]{64}$/i.test(hex))
    .map((hex) => Buffer.from(hex, 'hex'))
  if (!/^\d{1,12}$/.test(time) || more.length > 0 || given.length === 0) {
    return { error: 'no signature: X-Freshet-Signature must be t=<unix seconds>,v1=<hex>' }
  }
  const seconds = Number(time)
  const right = secrets.map((secret) => hmac(secret, time, body))
  // every pair is compared, so that the time it takes says nothing
  const fits = right.flatMap((one) => given.map((other) => timingSafeEqual(one, other))).some(Boolean)
  if (!fits) return { error: 'the signature fits none of our secrets: is REVALIDATE_SECRET the same on both sides?' }
  if (Math.abs(now - seconds) > WINDOW_SECONDS) {
    return {
      error: `signed ${Math.round(Math.abs(now - seconds))} s away from our clock; at most ${WINDOW_SECONDS} are allowed`,
    }
  }
  return { until: seconds + WINDOW_SECONDS, key: right[0].toString('base64') }
}

/**
 * @param {string | readonly (string | undefined)[] | undefined} secrets separated by commas, or one by one
 * @returns {string[]} without empty ones, by which anybody could sign
 */
export const secretsOf = (secrets = '') =>
  (typeof secrets === 'string' ? secrets.split(',') : [...secrets]).map((secret) => secret?.trim()).filter(Boolean)
