import assert from 'node:assert/strict'
import test from 'node:test'
import { spellings } from '../lib/paths.js'
import { pathSpellings } from './vectors.js'

for (const { why, path, spellings: all } of pathSpellings()) {
  test(`a page is known by every spelling of its path: ${why}`, () => assert.deepEqual(spellings(path).sort(), all))
}

test('half of a surrogate pair throws nothing', () => assert.deepEqual(spellings('/\ud800'), ['/\ud800', '/\ud800/']))
