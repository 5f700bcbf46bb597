import assert from 'node:assert/strict'
import test from 'node:test'
import { tagClocks } from '../shared-cache.js'
import { pageTags } from './vectors.js'

const call = { tags: ['cohort:3'], paths: ['/', '/dashboard', '/course/[id]'], everything: true }
const NEXTJS = { keyPrefix: 'nextjs:' }
const MARKS = [
  'cohort:3',
  '_N_T_/',
  '_N_T_/index',
  '_N_T_/dashboard',
  '_N_T_/dashboard/',
  '_N_T_/course/[id]/page',
  '_N_T_/layout',
]

test('tags, paths and everything are marked in the hash of the cache handler', async () => {
  const sent = []
  await tagClocks({ sendCommand: async (args) => sent.push(args) }, NEXTJS)(call)
  const [[name, script, keys, key, ahead, ...marks]] = sent
  assert.deepEqual([name, keys, key, ahead], ['EVAL', '1', 'nextjs:__revalidated_tags__', '1000'])
  assert.match(script, /'TIME'/)
  assert.deepEqual(marks, MARKS)
})

test('a client that takes arguments one by one will do', async () => {
  const sent = []
  await tagClocks(
    { call: async (...args) => sent.push(args), sendCommand: () => assert.fail() },
    { keyPrefix: 'site:', ahead: 0 },
  )(call)
  assert.deepEqual(sent[0].slice(3), ['site:__revalidated_tags__', '0', ...MARKS])
})

test('many are sent in parts, and nothing is sent for nothing', async () => {
  const sent = []
  const stored = tagClocks({ sendCommand: async (args) => sent.push(args) }, NEXTJS)
  await stored({ tags: [], paths: [], everything: false })
  assert.equal(sent.length, 0)
  await stored({ tags: Array.from({ length: 2_001 }, (_, i) => `t${i}`), paths: [], everything: false })
  assert.deepEqual(
    sent.map((args) => args.length - 5),
    [1_000, 1_000, 1],
  )
})

test('what Redis refuses is not stored', async () => {
  const readOnly = { sendCommand: async () => Promise.reject(new Error('READONLY')) }
  await assert.rejects(tagClocks(readOnly, NEXTJS)(call), /READONLY/)
})

test('a prefix must be said, since nobody would notice a wrong one', async () => {
  const sent = []
  const client = { sendCommand: async (args) => sent.push(args) }
  assert.throws(() => tagClocks(client), /keyPrefix/)
  await tagClocks(client, { keyPrefix: '' })(call)
  assert.equal(sent[0][3], '__revalidated_tags__')
})

test('a page is marked by the tags that Freshet itself would mark', async () => {
  for (const { path, tags } of pageTags()) {
    const sent = []
    const stored = tagClocks({ sendCommand: async (args) => sent.push(args) }, NEXTJS)
    await stored({ tags: [], paths: [path], everything: false })
    assert.deepEqual(new Set(sent[0].slice(5)), new Set(tags), path)
  }
})
