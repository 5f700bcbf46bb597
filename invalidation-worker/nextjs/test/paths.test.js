import assert from 'node:assert/strict'
import test from 'node:test'
import { spellings } from '../lib/paths.js'

test('an ordinary path is itself, with and without the slash at its end', () => {
  assert.deepEqual(spellings('/dashboard/3'), ['/dashboard/3', '/dashboard/3/'])
  assert.deepEqual(spellings('/dashboard/'), ['/dashboard/'])
  assert.deepEqual(spellings('/'), ['/'])
})

test('every way that a version of Next.js may know a page by is among them', () => {
  for (const [path, ...ways] of [
    ['/users/jane@example.com', '/users/jane@example.com', '/users/jane%40example.com'],
    ['/users/jane%40example.com', '/users/jane@example.com', '/users/jane%40example.com'],
    ['/text/é b', '/text/é b', '/text/%C3%A9%20b'],
    ["/text/it's", "/text/it's", '/text/it%27s'],
    ['/text/100%', '/text/100%', '/text/100%25'],
    ['/text/a+b', '/text/a+b', '/text/a%2Bb'],
  ]) {
    for (const way of ways) assert.ok(spellings(path).includes(way), `${way} of ${path}`)
  }
})

test('a pattern stays as it is', () => assert.deepEqual(spellings('/course/[id]'), ['/course/[id]']))

test('half of a surrogate pair throws nothing', () => assert.deepEqual(spellings('/\ud800'), ['/\ud800', '/\ud800/']))
