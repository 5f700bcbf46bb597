import assert from 'node:assert/strict'
import test, { beforeEach } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { revalidation } from '../lib/revalidate.js'
import { boot, receiverState } from '../lib/process.js'
import { createReceiver } from '../lib/receiver.js'
import { sign } from '../lib/signature.js'
import { serveRoute } from './server.js'

const nothing = { tags: [], paths: [], everything: false }
const now = () => Math.floor(Date.now() / 1000)

beforeEach(() => {
  receiverState('route').told = false
  receiverState('route').calls.clear()
})

/** @returns {{ url: string, did: unknown[][] }} a route and what it called of Next.js */
async function start(test, options) {
  const did = []
  const next = {
    revalidateTag: (...given) => did.push(['tag', ...given]),
    revalidatePath: (...given) => did.push(['path', ...given]),
  }
  return { url: await serveRoute(test, revalidation(next, { secrets: 'new,old', ...options })), did }
}

async function tell(url, call, { secrets = ['old'], at = now() } = {}) {
  const body = typeof call === 'string' ? call : JSON.stringify(call)
  return post(url, body, { 'X-Freshet-Signature': sign(secrets, at, body) })
}

async function post(url, body, headers) {
  const response = await fetch(url, { method: 'POST', body, headers })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function probe(url) {
  const response = await fetch(url)
  return { status: response.status, body: await response.json() }
}

test('what is old expires at once, and the answer says what was done', async (t) => {
  const { url, did } = await start(t)
  const answer = await tell(url, {
    id: '1',
    tags: ['cohort:3'],
    paths: ['/dashboard/3', '/course/[id]'],
    everything: false,
  })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { boot: boot(), tags: 1, paths: 2, everything: false })
  assert.deepEqual(did, [
    ['tag', 'cohort:3', { expire: 0 }],
    ['path', '/dashboard/3'],
    ['path', '/dashboard/3/'],
    ['path', '/course/[id]', 'page'],
  ])
})

test('it is ready once it was told everything', async (t) => {
  const { url, did } = await start(t, { readyAfter: Infinity })
  assert.deepEqual(await probe(url), { status: 503, body: { boot: boot(), told: false } })
  await tell(url, { ...nothing, tags: ['a'] })
  assert.equal((await probe(url)).status, 503)
  assert.equal((await tell(url, { ...nothing, everything: true })).body.everything, true)
  assert.deepEqual(did.at(-1), ['path', '/', 'layout'])
  assert.deepEqual(await probe(url), { status: 200, body: { boot: boot(), told: true } })
})

test('it is ready after a while though nobody has told it anything', async (t) => {
  const { url } = await start(t, { readyAfter: 0 })
  assert.deepEqual(await probe(url), { status: 200, body: { boot: boot(), told: false } })
})

test('where nothing is kept in the process, no restart is told of and it is always ready', async (t) => {
  const { url } = await start(t, { readyAfter: Infinity, shared: true })
  assert.deepEqual(await probe(url), { status: 200, body: { told: true } })
  assert.deepEqual((await tell(url, nothing)).body, { tags: 0, paths: 0, everything: false })
})

test('a call that comes again is answered as before and not done again', async (t) => {
  const { url, did } = await start(t)
  const call = { ...nothing, id: '1', tags: ['a'] }
  const at = now()
  const first = await tell(url, call, { at })
  const again = await tell(url, call, { at, secrets: ['new', 'old'] })
  assert.deepEqual(again.body, { ...first.body, replayed: true })
  assert.equal(did.length, 1)
  await tell(url, { ...call, id: '2' }, { at })
  assert.equal(did.length, 2, 'another call with the same content')
})

test('two at the same moment share one run', async (t) => {
  t.mock.method(console, 'error', () => {})
  const runs = []
  const act = () => new Promise((resolve, reject) => runs.push({ resolve, reject }))
  const { receive } = createReceiver('route', act, { secrets: 's' })
  const body = Buffer.from(JSON.stringify(nothing))
  const header = sign(['s'], now(), body)
  for (const [settle, status] of [
    ['reject', 503],
    ['resolve', 200],
  ]) {
    const both = [receive(header, async () => body), receive(header, async () => body)]
    await setImmediate() // both have read their body
    assert.equal(runs.length, 1)
    runs.pop()[settle](new Error('away'))
    const [first, second] = await Promise.all(both)
    assert.equal(first.status, status)
    assert.deepEqual(second, { ...first, body: { ...first.body, replayed: true } })
  }
})

test('what cannot be stored is not confirmed, and is done when it comes again', async (t) => {
  let fails = true
  const stored = []
  const { url } = await start(t, {
    stored: async (call) => {
      if (fails) throw new Error('the cache is away')
      stored.push(call)
    },
  })
  t.mock.method(console, 'error', () => {})
  const call = { ...nothing, tags: ['a'], everything: true }
  const at = now()
  const refused = await tell(url, call, { at })
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(receiverState('route').told, false)
  fails = false
  assert.deepEqual((await tell(url, call, { at })).body, { boot: boot(), tags: 1, paths: 0, everything: true })
  assert.deepEqual(stored, [call])
})

test('what is not stored in time is not confirmed', async (t) => {
  const { url } = await start(t, { stored: () => new Promise(() => {}), storedTimeout: 1 })
  const log = t.mock.method(console, 'error', () => {})
  assert.equal((await tell(url, nothing)).status, 503)
  assert.match(log.mock.calls[0].arguments[0], /not stored within 1 ms/)
})

test('what Next.js refuses is not confirmed', async (t) => {
  t.mock.method(console, 'error', () => {})
  const next = {
    revalidateTag: () => {
      throw new Error('static generation store missing')
    },
  }
  const url = await serveRoute(t, revalidation(next, { secrets: ['old'] }))
  assert.equal((await tell(url, { ...nothing, tags: ['a'] })).status, 503)
})

test('nothing is done for whoever has not signed', async (t) => {
  const { url, did } = await start(t)
  const body = JSON.stringify({ ...nothing, tags: ['a'] })
  assert.equal((await post(url, body)).status, 401)
  assert.equal((await tell(url, body, { secrets: ['wrong'] })).status, 401)
  assert.equal((await tell(url, body, { at: now() - 400 })).status, 401)
  assert.equal(did.length, 0)
})

test('without a secret it is closed, and says so', async (t) => {
  for (const secrets of ['', ' , ', [], [''], [undefined]]) {
    const { url, did } = await start(t, { secrets })
    for (const key of ['', 'undefined', 'old']) {
      const answer = await tell(url, { ...nothing, tags: ['a'] }, { secrets: [key] })
      assert.equal(answer.status, 403)
      assert.match(answer.body.error, /set REVALIDATE_SECRET/)
    }
    assert.equal(did.length, 0)
  }
})

test('the secrets come from the environment of the running process', async (t) => {
  const { url } = await start(t, { secrets: undefined })
  t.after(() => delete process.env.REVALIDATE_SECRET)
  process.env.REVALIDATE_SECRET = 'a, b'
  assert.equal((await tell(url, nothing, { secrets: ['b'] })).status, 200)
})

test('what is signed and yet no call is refused, with what is wrong', async (t) => {
  const { url, did } = await start(t)
  for (const [body, error] of [
    ['{', 'the body is no JSON'],
    ['{"tags":"a"}', 'tags must be a list of texts'],
    ['{"tags":[1]}', 'tags must be a list of texts'],
    ['{"paths":[null]}', 'paths must be a list of texts that begin with /'],
    ['{"paths":["dashboard"]}', 'paths must be a list of texts that begin with /'],
    ['{"everything":1}', 'everything must be true or false'],
    ['[]', 'the body is no JSON object'],
    ['null', 'the body is no JSON object'],
  ]) {
    const answer = await tell(url, body)
    assert.equal(answer.body.error, error, body)
    assert.equal(answer.status, 400, body)
  }
  assert.equal(did.length, 0)
})

test('a body without end is not read', async (t) => {
  const { url } = await start(t)
  const mebibyte = new Uint8Array(1024 * 1024)
  let sent = 0
  const body = new ReadableStream({
    pull: (controller) => (sent++ < 1000 ? controller.enqueue(mebibyte) : controller.close()),
  })
  const answer = await fetch(url, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'X-Freshet-Signature': 't=1,v1=00' },
  }).catch(() => null)
  assert.ok(answer === null || answer.status === 413, 'refused, or cut off while it was sent')
  assert.ok(sent < 1000, `${sent} MiB were taken`)
})

test('no more calls are remembered than there is room for', async (t) => {
  const { calls } = receiverState('route')
  const { url } = await start(t)
  const late = { until: now() + 300, answer: Promise.resolve({ status: 200, body: {} }) }
  for (let i = 0; i < 10_000; i++) calls.set(`call ${i}`, late)
  await tell(url, nothing)
  assert.equal(calls.size, 10_000)
  assert.ok(!calls.has('call 0') && calls.has('call 1'))
})

test('calls are forgotten when their time is over', async (t) => {
  const { calls } = receiverState('route')
  const { url } = await start(t)
  for (let i = 0; i < 3; i++)
    calls.set(`call ${i}`, { until: now() - 1, answer: Promise.resolve({ status: 200, body: {} }) })
  await tell(url, nothing)
  assert.equal(calls.size, 1)
})
