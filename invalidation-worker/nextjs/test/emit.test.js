import assert from 'node:assert/strict'
import test from 'node:test'
import { createFreshet } from '../index.js'
import { signCall } from '../lib/signature.js'
import { listen, text } from './server.js'

for (const name of ['EVENTS_SECRET', 'FRESHET_EVENTS_URL']) delete process.env[name]

const ACCEPTED = '{"status":"accepted","id":"app:price.changed:1"}'

/** An ingest that answers in turn, the last one again and again. */
async function start(t, ...answers) {
  t.mock.method(Math, 'random', () => 0) // tried again at once
  const got = []
  const url = await listen(t, async (req, res) => {
    const body = await text(req)
    got.push({
      method: req.method,
      url: req.url,
      body: JSON.parse(body),
      signedBy: ['s', 'old'].filter((secret) => {
        const [time, ...signatures] = req.headers['x-freshet-signature'].split(',')
        const [, own] = signCall([secret], Number(time.slice(2)), req.method, `http://x${req.url}`, body).split(',')
        return signatures.includes(own)
      }),
    })
    const [status, answer, headers] = answers[Math.min(got.length, answers.length) - 1]
    if (status === 0) req.socket.destroy()
    else res.writeHead(status, headers).end(answer)
  })
  return { emit: createFreshet({ eventsUrl: url, eventsSecret: 's,old' }).emit, got }
}

test('an event is signed by every secret, sent once and answered with what ingest said', async (t) => {
  const { emit, got } = await start(t, [200, ACCEPTED])
  assert.deepEqual(await emit('price.changed', { id: 7 }), JSON.parse(ACCEPTED))
  assert.equal(got.length, 1)
  const [{ method, url, body, signedBy }] = got
  assert.deepEqual([method, url], ['POST', '/events'])
  assert.deepEqual(signedBy, ['s', 'old'])
  assert.match(body.id, /^[0-9a-f-]{36}$/)
  assert.deepEqual({ ...body, id: '' }, { id: '', topic: 'price.changed', payload: { id: 7 } })
})

test('it can wait until the change is applied', async (t) => {
  const { emit, got } = await start(t, [202, '{"status":"accepted","id":"x","applied":false}'])
  assert.equal((await emit('price.changed', {}, { wait: 'applied', id: 'mine' })).applied, false)
  assert.equal(got[0].url, '/events?wait=applied')
  assert.equal(got[0].body.id, 'mine')
})

test('what may work later is tried again with the same id, signed anew', async (t) => {
  const { emit, got } = await start(t, [503, '{"error":"not_durable","message":"…"}'], [0], [429, ''], [200, ACCEPTED])
  await emit('price.changed')
  assert.equal(got.length, 4)
  assert.equal(new Set(got.map(({ body }) => body.id)).size, 1)
  assert.ok(got.every(({ signedBy }) => signedBy.length === 2))
})

test('two events are two, also with the same content', async (t) => {
  const { emit, got } = await start(t, [200, ACCEPTED])
  await emit('price.changed')
  await emit('price.changed')
  assert.notEqual(got[0].body.id, got[1].body.id)
})

test('what cannot work is not tried again', async (t) => {
  const { emit, got } = await start(t, [401, '{"error":"signature_wrong","message":"it does not fit the body"}'])
  await assert.rejects(emit('price.changed'), {
    name: 'FreshetError',
    status: 401,
    code: 'signature_wrong',
    message: 'POST /events was answered 401: it does not fit the body',
  })
  assert.equal(got.length, 1)
})

test('an answer that is no JSON, and a redirect, are errors', async (t) => {
  const html = await start(t, [200, '<html>'])
  await assert.rejects(html.emit('price.changed'), { name: 'FreshetError', message: /was answered 200 without JSON$/ })
  const moved = await start(t, [307, '', { Location: '/elsewhere' }], [200, ACCEPTED])
  await assert.rejects(moved.emit('price.changed'), { status: 307 })
  assert.deepEqual([html.got.length, moved.got.length], [1, 1])
})

test('it gives up when its time would be over before it may come again', async (t) => {
  const { emit, got } = await start(t, [503, '{}', { 'Retry-After': '30' }])
  await assert.rejects(emit('price.changed'), { status: 503, retryAfter: 30 })
  assert.equal(got.length, 1)
})

test('it gives up after a few tries', async (t) => {
  const { emit, got } = await start(t, [500, '{}'])
  await assert.rejects(emit('price.changed'), { status: 500 })
  assert.equal(got.length, 6)
})

test('it gives up on who does not answer', async (t) => {
  const url = await listen(t, () => {})
  const { emit } = createFreshet({ eventsUrl: url, eventsSecret: 's' })
  await assert.rejects(emit('price.changed', {}, { timeout: 20 }), {
    name: 'FreshetError',
    message: /^POST \/events at .* was not answered within \d+ ms$/,
  })
})

test('what is not set, or is no address, is named', async () => {
  await assert.rejects(createFreshet({ eventsUrl: 'http://127.0.0.1:1' }).emit('x'), /EVENTS_SECRET is not set/)
  await assert.rejects(createFreshet({ eventsSecret: 's' }).emit('x'), /FRESHET_EVENTS_URL is not set/)
  for (const eventsUrl of ['localhost:8080', 'freshet', 'http://']) {
    await assert.rejects(
      createFreshet({ eventsUrl, eventsSecret: 's' }).emit('x'),
      /FRESHET_EVENTS_URL is '.*'; it must be/,
    )
  }
})
