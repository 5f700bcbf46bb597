import assert from 'node:assert/strict'
import test from 'node:test'
import * as one from '../lib/process.js'
import * as other from '../lib/process.js?bundled=again'

test('copies of the module share one process', () => {
  assert.notEqual(one.boot, other.boot, 'they are copies')
  assert.match(one.boot(), /^[0-9a-f-]{36}$/)
  assert.equal(one.boot(), other.boot())
  one.receiverState('route').told = true
  assert.equal(other.receiverState('route').told, true)
  assert.equal(other.receiverState('pages').told, false)
})
