import assert from 'node:assert/strict'
import test from 'node:test'
import { createFreshet, FreshetError } from '../index.js'
import { listen } from './server.js'

delete process.env.FRESHET_URL

const VIEWS = {
  views: {
    book: {
      route: '/api/books/{id}',
      params: { id: { type: 'int' } },
      tags: ['book:{id}', 'a b'],
      ttl: 300,
      version: '00c0ffee',
    },
  },
}

async function start(t, listener, options) {
  const url = await listen(t, listener)
  return createFreshet({ views: VIEWS, url: `${url}/`, ...options })
}

const PERSONAL = {
  views: {
    account: {
      route: '/api/account',
      params: { member: { type: 'int' }, page: { type: 'int', default: '1' } },
      tags: ['member:{member}', 'accounts'],
      ttl: 300,
      access: true,
      claims: ['member'],
      version: '00c0ffee',
    },
  },
}

const answer = (res, headers = {}, body = '{"title":"Emma"}') => res.writeHead(200, headers).end(body)

/** What of a fetch is meant for Next.js; the fetch itself goes through. */
function spyOnNext(t) {
  const fetch = globalThis.fetch
  return t.mock.method(globalThis, 'fetch', (url, { next, cache, ...init }) => fetch(url, init)).mock
}

test('a view is read from its route and kept by Next.js under its tags for its ttl', async (t) => {
  const asked = []
  const { fetchView } = await start(t, (req, res) => {
    asked.push([req.url, req.headers['x-freshet-view'], req.headers.authorization])
    answer(res)
  })
  const spy = spyOnNext(t)
  assert.deepEqual(await fetchView('book', { id: '07' }), { title: 'Emma' })
  assert.deepEqual(asked, [['/api/books/7', '00c0ffee', undefined]])
  const { next, cache } = spy.calls[0].arguments[1]
  assert.deepEqual(next, { tags: ['book:7', 'a b'], revalidate: 300 })
  assert.equal(cache, undefined, '14 warns of it beside revalidate')
})

test('how long Next.js keeps it and what token it sends can be said', async (t) => {
  const tokens = []
  const { fetchView } = await start(
    t,
    (req, res) => {
      tokens.push(req.headers.authorization)
      answer(res)
    },
    { token: 'all' },
  )
  const spy = spyOnNext(t)
  await fetchView('book', { id: 7 }, { revalidate: false })
  await fetchView('book', { id: 7 }, { revalidate: 60, token: 'one' })
  assert.deepEqual(
    spy.calls.map((call) => call.arguments[1].next.revalidate),
    [false, 60],
  )
  assert.deepEqual(tokens, ['Bearer all', 'Bearer one'])
})

test('what is one user\'s is read with their token, and kept by nobody', async (t) => {
  const asked = []
  const { readView } = await start(
    t,
    (req, res) => {
      asked.push([req.url, req.headers.authorization])
      answer(res)
    },
    { views: PERSONAL, token: 'of all' },
  )
  const spy = spyOnNext(t)
  await readView('account', {}, { token: 'ada', revalidate: 60 })
  const { tags } = await readView('account', { member: 7, page: 2 }, { token: 'bob' })
  assert.deepEqual(asked, [
    ['/api/account', 'Bearer ada'],
    ['/api/account?page=2', 'Bearer bob'],
  ])
  assert.deepEqual(tags, ['member:7', 'accounts'])
  for (const call of spy.calls) {
    assert.equal(call.arguments[1].cache, 'no-store')
    assert.equal(call.arguments[1].next, undefined)
  }
  await assert.rejects(readView('account'), /view account is for users; give the token of the one who reads it/)
  assert.equal(asked.length, 2, 'nothing was sent')
})

test('what some users may read is kept by nobody either, though no parameter is theirs', async (t) => {
  const report = { params: {}, tags: ['report'], ttl: 300, access: true, user: true, version: '00c0ffee' }
  const tokens = []
  const { fetchView } = await start(
    t,
    (req, res) => {
      tokens.push(req.headers.authorization)
      answer(res)
    },
    { views: { views: { report } }, token: 'of all' },
  )
  const spy = spyOnNext(t)
  await fetchView('report', {}, { token: 'admin', revalidate: 60 })
  const { next, cache } = spy.calls[0].arguments[1]
  assert.deepEqual([cache, next], ['no-store', undefined])
  await assert.rejects(fetchView('report'), /view report is for users; give the token of the one who reads it/)
  assert.deepEqual(tokens, ['Bearer admin'])
})

test('it can be said how Freshet came by a value', async (t) => {
  const { readView } = await start(t, (req, res) =>
    answer(res, { 'X-Cache': 'STALE', ETag: 'W/"1"', Age: '90', Date: 'Wed, 31 Dec 2025 12:00:00 GMT' }),
  )
  assert.deepEqual(await readView('book', { id: 7 }), {
    data: { title: 'Emma' },
    cache: 'STALE',
    etag: 'W/"1"',
    loadedAt: new Date('2025-12-31T11:58:30Z'),
    tags: ['book:7', 'a b'],
  })
})

test('when a value was loaded is what Freshet says, whatever stood between has made of its age', async (t) => {
  const { readView } = await start(t, (req, res) =>
    answer(res, { 'X-Loaded-At': '2025-12-31T11:58:30.123Z', Age: '5', Date: 'Wed, 31 Dec 2025 12:00:00 GMT' }),
  )
  assert.deepEqual((await readView('book', { id: 7 })).loadedAt, new Date('2025-12-31T11:58:30.123Z'))
})

test('that there is no such row is a value', async (t) => {
  const { fetchView } = await start(t, (req, res) => answer(res, {}, 'null'))
  assert.equal(await fetchView('book', { id: 7 }), null)
})

test('a tag that the saved description lacks is an error, one too many is none', async (t) => {
  let header = 'book:7,a%20b'
  const { fetchView } = await start(t, (req, res) => answer(res, { 'Cache-Tag': header }))
  await fetchView('book', { id: 7 })
  header = 'book:7, a%20b'
  await fetchView('book', { id: 7 })
  header = 'book:7'
  await fetchView('book', { id: 7 })
  header = 'book:7,a%20b,shelf:3'
  await assert.rejects(
    fetchView('book', { id: 7 }),
    /view book is also made old by shelf:3, .*curl \$FRESHET_URL\/views/,
  )
})

test('what Freshet refuses is told in its words', async (t) => {
  const { fetchView } = await start(t, (req, res) =>
    res.writeHead(503, { 'Retry-After': '2' }).end('{"error":"unavailable","message":"the database does not answer"}'),
  )
  await assert.rejects(fetchView('book', { id: 7 }), (error) => {
    assert.ok(error instanceof FreshetError)
    assert.equal(error.message, 'GET /api/books/7 was answered 503: the database does not answer')
    assert.deepEqual([error.status, error.code, error.retryAfter], [503, 'unavailable', 2])
    return true
  })
})

test('an answer that is no JSON, none in time and none at all are errors', async (t) => {
  const html = await start(t, (req, res) => res.writeHead(502).end('<html>'))
  await assert.rejects(html.fetchView('book', { id: 7 }), {
    name: 'FreshetError',
    status: 502,
    message: 'GET /api/books/7 was answered 502',
  })
  const empty = await start(t, (req, res) => res.writeHead(502).end('null'))
  await assert.rejects(empty.fetchView('book', { id: 7 }), { name: 'FreshetError', status: 502 })
  const page = await start(t, (req, res) => answer(res, {}, '<html>'))
  await assert.rejects(page.fetchView('book', { id: 7 }), {
    name: 'FreshetError',
    message: 'GET /api/books/7 was answered 200 without JSON',
  })
  const hangs = await start(t, () => {}, { timeout: 10 })
  await assert.rejects(hangs.fetchView('book', { id: 7 }), {
    name: 'FreshetError',
    message: /^GET \/api\/books\/7 at http:\/\/127.0.0.1:\d+ was not answered within 10 ms$/,
  })
  const away = createFreshet({ views: VIEWS, url: 'http://127.0.0.1:1' })
  await assert.rejects(away.fetchView('book', { id: 7 }), {
    name: 'FreshetError',
    message: /^GET \/api\/books\/7 at http:\/\/127.0.0.1:1 failed: /,
  })
})

test('an error by which Next.js steers a render passes', async (t) => {
  const steering = Object.assign(new Error('dynamic'), { digest: 'DYNAMIC_SERVER_USAGE' })
  t.mock.method(globalThis, 'fetch', async () => Promise.reject(steering))
  await assert.rejects(
    createFreshet({ views: VIEWS, url: 'http://127.0.0.1:1' }).fetchView('book', { id: 7 }),
    steering,
  )
})

test('an address that is not set is named', async () => {
  await assert.rejects(createFreshet({ views: VIEWS }).fetchView('book', { id: 7 }), /FRESHET_URL is not set/)
})
