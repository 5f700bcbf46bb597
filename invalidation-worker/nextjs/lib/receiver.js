import { boot, receiverState } from './process.js'
import { secretsOf, verify } from './signature.js'

/** Bytes; Freshet sends at most 5,000 names of some hundred characters. */
const MAX_BODY = 8 * 1024 * 1024
/** Calls that are remembered; a real sender stays far below within the ten minutes in question. */
const MAX_REMEMBERED = 10_000

/**
 * @typedef {{ tags: string[], paths: string[], everything: boolean }} Call what is old now
 * @typedef {{ status: number, body: object, headers?: Record<string, string> }} Answer
 */

/**
 * Decides what a call is answered, whatever carries it. It is worse to confirm what was not done than to be told twice.
 *
 * @param {string} name of this receiver in its process
 * @param {(call: Call, context: any) => unknown} act makes it so; rejects when it could not
 * @param {{ secrets?: string | readonly (string | undefined)[], readyAfter?: number, shared?: boolean, actTimeout?: number,
 *   now?: () => number }} options
 */
export function createReceiver(name, act, options = {}) {
  const { secrets, readyAfter = 30_000, shared = false, actTimeout = 8_000, now = Date.now } = options
  const state = receiverState(name)
  const who = shared ? {} : { boot: boot() }
  const known = () => secretsOf(secrets ?? process.env.REVALIDATE_SECRET)

  /** @returns {Answer} what `GET` answers: whether visitors may be sent here */
  function probe() {
    const told = shared || state.told
    return { status: told || performance.now() >= readyAfter ? 200 : 503, body: { ...who, told } }
  }

  /**
   * @param {string | null | undefined} header the signature
   * @param {() => Promise<Uint8Array | null>} read the body, of which nothing is read without a signature; null when it
   *   is too long
   * @param {any} [context] handed to `act`
   * @returns {Promise<Answer>}
   */
  async function receive(header, read, context) {
    const allowed = known()
    if (allowed.length === 0) {
      return refuse(403, 'no secret is configured in this process; set REVALIDATE_SECRET as Freshet has it')
    }
    if (!header) return refuse(401, 'no signature: X-Freshet-Signature is missing')
    const body = await read()
    if (!body) return refuse(413, `the body is longer than ${MAX_BODY} bytes`)
    const verdict = verify(header, body, allowed, now() / 1000)
    if ('error' in verdict) return refuse(401, verdict.error)
    const call = parse(body)
    return typeof call === 'string' ? refuse(400, call) : once(verdict, call, context)
  }

  /** A call that comes again within its window shares the first one's answer. One that failed is forgotten. */
  async function once({ key, until }, call, context) {
    const first = state.calls.get(key)
    if (first) {
      const answer = await first.answer
      return { ...answer, body: { ...answer.body, replayed: true } }
    }
    forget()
    const answer = run(call, context)
    state.calls.set(key, { until, answer })
    const done = await answer
    if (done.status !== 200) state.calls.delete(key)
    return done
  }

  function forget() {
    for (const [key, { until }] of state.calls) {
      if (until >= now() / 1000 && state.calls.size < MAX_REMEMBERED) break
      state.calls.delete(key)
    }
  }

  async function run(call, context) {
    try {
      await within(actTimeout, act(call, context))
    } catch (error) {
      console.error(`freshet: not confirmed, will be told again: ${error?.message ?? error}`)
      return refuse(503, 'it could not be stored; tell us again', { 'Retry-After': '1' })
    }
    if (call.everything) state.told = true
    const { tags, paths, everything } = call
    return { status: 200, body: { ...who, tags: tags.length, paths: paths.length, everything } }
  }

  return { probe, receive }
}

/**
 * @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} chunks
 * @returns {Promise<Buffer | null>} null when it is too long
 */
export async function readBody(chunks) {
  const parts = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > MAX_BODY) return null
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

const refuse = (status, error, headers) => ({ status, body: { error }, headers })

/** @returns {Call | string} or what is wrong */
function parse(bytes) {
  let json
  try {
    json = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return 'the body is no JSON'
  }
  const isTexts = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string')
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'the body is no JSON object'
  const { tags = [], paths = [], everything = false } = json
  if (!isTexts(tags)) return 'tags must be a list of texts'
  if (!isTexts(paths) || paths.some((path) => !path.startsWith('/'))) {
    return 'paths must be a list of texts that begin with /'
  }
  if (typeof everything !== 'boolean') return 'everything must be true or false'
  return { tags, paths, everything }
}

/** Rejects when the work takes longer; the work itself goes on. */
async function within(ms, work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not stored within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
