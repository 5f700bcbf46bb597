import { createReceiver, readBody } from './lib/receiver.js'
import { spellings } from './lib/paths.js'
import { SIGNATURE_HEADER } from './lib/signature.js'

const AT_ONCE = 4
const WRONG_METHOD = {
  status: 405,
  body: { error: 'POST what is old, or GET whether it is ready' },
  headers: { Allow: 'GET, HEAD, POST' },
}
const PARSED = {
  status: 500,
  body: {
    error: 'the body was parsed before it was verified; export const config = { api: { bodyParser: false } } here',
  },
}

/** @type {typeof import('./pages.d.ts').revalidatePages} */
export function revalidatePages({ paths, timeout, ...options }) {
  const known = async () => (typeof paths === 'function' ? await paths() : paths)

  /** One page that cannot be generated keeps no other from it. */
  async function act({ paths: called, everything }, res) {
    const old = new Set(called.flatMap(spellings))
    const due = (await known()).filter((path) => everything || old.has(path)).values() // which all take from
    const failures = []
    const work = async () => {
      for (const path of due) {
        await res.revalidate(path).catch((error) => failures.push(`${path}: ${error.message}`))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (failures.length > 0) throw new Error(`${failures.length} pages could not be generated, such as ${failures[0]}`)
  }
  const receiver = createReceiver('pages', act, { ...options, actTimeout: timeout })

  return async function handler(req, res) {
    if (req.method === 'GET' || req.method === 'HEAD') return respond(res, receiver.probe())
    if (req.method !== 'POST') return respond(res, WRONG_METHOD)
    if (req.body !== undefined) return respond(res, PARSED)
    return respond(res, await receiver.receive(req.headers[SIGNATURE_HEADER], () => readBody(req), res))
  }
}

function respond(res, { status, body, headers }) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers })
  res.end(JSON.stringify(body))
}
