import { randomUUID } from 'node:crypto'
import { answered, failed, FreshetError } from './error.js'
import { signCall } from './signature.js'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 2_000
const TRIES = 6

/**
 * Sends one event until it is answered. Each try carries the same id, so that Freshet does it once.
 *
 * @param {{ url: string, secrets: readonly string[], topic: string, payload: object, id?: string, wait?: 'applied',
 *   timeout?: number }} event
 */
export async function send({ url, secrets, topic, payload, id = randomUUID(), wait, timeout = 15_000 }) {
  const deadline = performance.now() + timeout
  const body = JSON.stringify({ id, topic, payload })
  const address = `${url}/events${wait === 'applied' ? '?wait=applied' : ''}`
  for (let tries = 1; ; tries++) {
    const left = Math.max(1, Math.ceil(deadline - performance.now()))
    const failure = await attempt(address, secrets, body, left)
    if (!(failure instanceof FreshetError)) return failure
    const pause = Math.max(
      (failure.retryAfter ?? 0) * 1_000,
      Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries),
    )
    const again = failure.status === undefined || failure.status === 429 || failure.status >= 500
    if (!again || tries === TRIES || performance.now() + pause >= deadline) throw failure
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** @returns what was answered, or a FreshetError */
async function attempt(address, secrets, body, timeout) {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Freshet-Signature': signCall(secrets, Math.floor(Date.now() / 1_000), 'POST', address, body),
      },
      body,
      cache: 'no-store',
      redirect: 'manual', // what is signed goes nowhere else
      signal: AbortSignal.timeout(timeout),
    })
    return await answered('POST /events', response)
  } catch (cause) {
    return failed('POST /events', address, timeout, cause)
  }
}
