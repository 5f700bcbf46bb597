import assert from 'node:assert/strict'
import test, { beforeEach } from 'node:test'
import { boot, receiverState } from '../lib/process.js'
import { sign } from '../lib/signature.js'
import { revalidatePages } from '../pages.js'
import { listen } from './server.js'

beforeEach(() => {
  receiverState('pages').told = false
  receiverState('pages').calls.clear()
})

/** @returns {{ url: string, generated: string[] }} a handler and what it asked Next.js to generate */
async function start(t, options, { parsed, broken = [] } = {}) {
  const generated = []
  const handler = revalidatePages({ secrets: ['s'], readyAfter: Infinity, ...options })
  const url = await listen(t, (req, res) => {
    if (parsed) req.body = {}
    res.revalidate = async (path) => {
      if (broken.includes(path)) throw new Error('Invalid response 500')
      generated.push(path)
    }
    return handler(req, res)
  })
  return { url, generated }
}

async function tell(url, call) {
  const body = JSON.stringify({ tags: [], paths: [], everything: false, ...call })
  const headers = { 'X-Freshet-Signature': sign(['s'], Math.floor(Date.now() / 1000), body) }
  const response = await fetch(url, { method: 'POST', body, headers })
  return { status: response.status, body: await response.json() }
}

test('of the paths of a call its own are generated anew', async (t) => {
  const { url, generated } = await start(t, { paths: ['/legacy', '/old/jane@example.com', '/other'] })
  const answer = await tell(url, { tags: ['a'], paths: ['/legacy', '/dashboard', '/old/jane%40example.com'] })
  assert.deepEqual(answer, { status: 200, body: { boot: boot(), tags: 1, paths: 3, everything: false } })
  assert.deepEqual(generated.sort(), ['/legacy', '/old/jane@example.com'])
})

test('when everything is old, all that are listed then are', async (t) => {
  const listed = ['/legacy', '/new']
  const { url, generated } = await start(t, { paths: async () => listed })
  assert.equal((await fetch(url)).status, 503)
  await tell(url, { everything: true })
  assert.deepEqual(generated.sort(), listed)
  assert.equal((await fetch(url)).status, 200)
  assert.equal(receiverState('route').told, false, 'the app router has not been told')
})

test('one page that cannot be generated keeps no other from it, and the call is not confirmed', async (t) => {
  const log = t.mock.method(console, 'error', () => {})
  const { url, generated } = await start(t, { paths: ['/a', '/broken', '/b'] }, { broken: ['/broken'] })
  assert.equal((await tell(url, { everything: true })).status, 503)
  assert.deepEqual(generated, ['/a', '/b'])
  assert.match(log.mock.calls[0].arguments[0], /1 pages could not be generated, such as \/broken: Invalid response 500/)
})

test('a body that was parsed cannot be verified, and it says what to write', async (t) => {
  const { url } = await start(t, { paths: [] }, { parsed: true })
  const answer = await tell(url, {})
  assert.equal(answer.status, 500)
  assert.match(answer.body.error, /export const config = \{ api: \{ bodyParser: false \} \}/)
})

test('other methods are told the right ones', async (t) => {
  const { url } = await start(t, { paths: [] })
  const response = await fetch(url, { method: 'DELETE' })
  assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD, POST'])
})
