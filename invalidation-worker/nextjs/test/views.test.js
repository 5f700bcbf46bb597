import assert from 'node:assert/strict'
import test from 'node:test'
import { createFreshet, FreshetError } from '../index.js'
import { Views } from '../lib/views.js'
import { parameters } from './vectors.js'

const FILE = {
  application: 'library',
  views: {
    books: {
      route: '/api/shelves/{shelf}/books',
      params: {
        shelf: { type: 'int', min: 1, max: 1000 },
        page: { type: 'int', default: '1', min: 1, max: 100 },
        q: { type: 'text', default: '', maxLength: 5 },
        order: { type: 'text', default: 'title', maxLength: 256, oneOf: ['title', 'year'] },
      },
      tags: ['shelf:{shelf}', 'books, all', 'q:{q}', 'shelf:{shelf}'],
      ttl: 300,
    },
    reader: {
      route: '/api/readers/{email}',
      params: { email: { type: 'text', maxLength: 254 } },
      tags: ['reader:{email}'],
      ttl: 60,
    },
    news: { params: {}, tags: ['news'], ttl: 60 },
  },
}
const views = new Views(FILE)
const refused = (name, params, message) =>
  assert.throws(
    () => views.read(name, params),
    (error) => error instanceof FreshetError && error.message === message,
    message,
  )

for (const { why, type, text, canonical } of parameters()) {
  test(`both sides write a value alike: ${type}: ${why}`, () => {
    const one = new Views({ views: { v: { params: { p: { type } }, tags: [], ttl: 1 } } })
    if (canonical === null) assert.throws(() => one.read('v', { p: text }), /v: p must be /)
    else assert.equal(one.read('v', { p: text }).values.p, canonical)
  })
}

test('a read has one address, however it is asked for', () => {
  assert.equal(views.read('books', { shelf: 3 }).path, '/api/shelves/3/books')
  assert.equal(views.read('books', { page: 1n, shelf: '003', q: null, order: undefined }).path, '/api/shelves/3/books')
  assert.equal(views.read('books', { order: 'year', shelf: 3, page: 2 }).path, '/api/shelves/3/books?page=2&order=year')
  assert.equal(views.read('books', { shelf: 3, q: 'a&b c' }).path, '/api/shelves/3/books?q=a%26b+c')
  assert.equal(views.read('news').path, '/views/news')
  assert.equal(views.read('reader', { email: 'Jane+x@Example.com' }).path, '/api/readers/Jane%2Bx%40Example.com')
})

test('what comes from a token is in no address, and in a tag only where it is known', () => {
  const params = { role: { type: 'text' }, id: { type: 'int' }, page: { type: 'int', default: '1' } }
  const view = { params, tags: ['user:{id}', 'role:{role}:{id}', 'all'], ttl: 60, claims: ['role', 'id'] }
  const mine = new Views({ views: { mine: view } })
  assert.deepEqual(mine.read('mine', { page: 2 }), {
    view,
    values: { page: '2' },
    tags: ['all'],
    path: '/views/mine?page=2',
  })
  assert.deepEqual(mine.read('mine', { id: '07' }).tags, ['user:7', 'all'])
  assert.equal(mine.read('mine', { id: 7, role: 'admin' }).path, '/views/mine')
  assert.throws(() => mine.read('mine', { id: 'x' }), /mine: id must be a whole number/)
  assert.deepEqual(mine.tags('mine', { id: 7, role: 'admin' }), ['user:7', 'role:admin:7', 'all'])
  assert.throws(() => mine.tags('mine', { id: 7 }), /mine: role is missing/)
})

test('a date may be the one of today in UTC, which then stands in the address', (t) => {
  const day = { type: 'date', default: 'today' }
  const news = new Views({ views: { news: { params: { day }, tags: ['news:{day}'], ttl: 60 } } })
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-02-28T23:59:59Z') })
  const { path, tags } = news.read('news')
  assert.deepEqual([path, tags], ['/views/news?day=2026-02-28', ['news:2026-02-28']])
  t.mock.timers.tick(1_000)
  assert.equal(news.read('news').path, '/views/news?day=2026-03-01')
  assert.equal(news.read('news', { day: '2026-01-31' }).path, '/views/news?day=2026-01-31')
  assert.throws(() => news.read('news', { day: 'today' }), /day must be a date such as 2026-01-31, was 'today'/)
})

test('what a path cannot carry goes into the query', () => {
  for (const [email, query] of [
    ['..', '..'],
    ['.', '.'],
    ['a/b', 'a%2Fb'],
    ['a\\b', 'a%5Cb'],
    ['a%2fb', 'a%252fb'],
    ['a;b', 'a%3Bb'],
  ]) {
    assert.equal(views.read('reader', { email }).path, `/views/reader?email=${query}`)
  }
})

test('tags are those of the catalog, encoded and each once', () => {
  const { viewTags } = createFreshet({ views: FILE })
  assert.deepEqual(viewTags('books', { shelf: '03' }), ['shelf:3', 'books%2C all'])
  assert.deepEqual(viewTags('books', { shelf: 3, q: 'x' }), ['shelf:3', 'books%2C all', 'q:x'])
  assert.deepEqual(viewTags('reader', { email: 'Jane@Example.com' }), ['reader:jane@example.com'])
})

test('what a view does not take is refused with what would be right', () => {
  refused('films', {}, 'there is no view films; there are books, reader, news')
  refused('books', {}, 'books: shelf is missing; it must be a whole number from 1 to 1000')
  refused('books', { shelf: 0 }, "books: shelf must be a whole number from 1 to 1000, was '0'")
  refused('books', { shelf: 1.5 }, "books: shelf must be a whole number from 1 to 1000, was '1.5'")
  refused('books', { shelf: 3, shelve: 3 }, 'there is no parameter shelve; books takes shelf, page, q, order')
  refused('news', { page: 1 }, 'there is no parameter page; news takes none')
  refused('books', { shelf: 3, q: 'longer' }, "books: q must be text of at most 5 characters, was 'longer'")
  refused('books', { shelf: 3, order: 'size' }, "books: order must be one of title, year, was 'size'")
  refused('books', { shelf: [3] }, "books: shelf must be a whole number from 1 to 1000, was '3'")
  refused('books', { shelf: {} }, "books: shelf must be a whole number from 1 to 1000, was '[object Object]'")
  refused('reader', { email: '\ud800' }, "reader: email must be text of at most 254 characters, was '\ud800'")
  refused('reader', { email: '' }, 'reader: email is empty, so that nothing could name its tag reader:{email}')
  refused('books', { shelf: 3, constructor: 1 }, 'there is no parameter constructor; books takes shelf, page, q, order')
})

test('what is no description of views is refused', () => {
  for (const file of [null, {}, { views: null }, FILE.views.books.params]) {
    assert.throws(() => createFreshet({ views: file ?? {} }), /must be what GET \/views of freshet serve answers/)
  }
  assert.throws(() => createFreshet().viewTags('books'), /was given no views/)
})
