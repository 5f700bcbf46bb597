import assert from 'node:assert/strict'
import test from 'node:test'
import { sign, signCall, verify } from '../lib/signature.js'
import { signatures } from './vectors.js'

const body = Buffer.from('{"tags":[]}')
const at = 1763650000

for (const { why, secrets, seconds, body: text, header } of signatures()) {
  test(`both sides sign alike: ${why}`, () => {
    assert.equal(sign(secrets, seconds, text), header)
    assert.ok('key' in verify(header, Buffer.from(text), secrets.slice(-1), seconds))
  })
}

test('a call to Freshet is signed with its method and address', () => {
  // the Java side is tested with the same
  const body = '{"topic":"a","payload":{"n":"ü"}}'
  const header = 't=1763650000,v2=eb6562924da1c68bf7a6d9e73f416390193df9cac80bb914fbc618d3eb0f5da7'
  assert.equal(signCall(['s'], at, 'POST', 'http://freshet:8080/base/events?wait=applied', body), header)
  assert.match(signCall(['s', 'z'], at, 'POST', 'http://freshet:8080/events', body), /^t=\d+,v2=[0-9a-f]{64},v2=[0-9a-f]{64}$/)
})

test('any of the secrets of either side is enough', () => {
  for (const [theirs, ours] of [
    [['new', 'old'], ['old']],
    [['old'], ['new', 'old']],
    [
      ['old', 'new'],
      ['new', 'other'],
    ],
  ]) {
    assert.ok('key' in verify(sign(theirs, at, body), body, ours, at), `${theirs} for ${ours}`)
  }
  assert.match(verify(sign(['a', 'b'], at, body), body, ['c'], at).error, /none of our secrets/)
})

test('a call is known again however its header is written', () => {
  const [time, first, second] = sign(['a', 'b'], at, body).split(',')
  const key = (header) => verify(header, body, ['b', 'a'], at).key
  const known = key([time, first, second].join(','))
  for (const header of [
    [time, second],
    [second, first, time],
    [time, first.toUpperCase().replace('V1', 'v1')],
    [` ${time}`, ' v1=00', ` ${first}`],
  ]) {
    assert.equal(key(header.join(',')), known)
  }
  assert.notEqual(verify(sign(['a'], at + 1, body), body, ['b', 'a'], at).key, known)
})

test('it must be signed within five minutes of now, on either side', () => {
  const header = sign(['s'], at, body)
  for (const now of [at - 300, at, at + 300]) assert.equal(verify(header, body, ['s'], now).until, at + 300)
  for (const now of [at - 301, at + 301])
    assert.match(verify(header, body, ['s'], now).error, /signed 301 s away from our clock/)
})

test('what is no signature is refused and throws nothing', () => {
  const good = sign(['s'], at, body)
  const v1 = good.split(',')[1]
  for (const header of [
    null,
    undefined,
    '',
    ',',
    '=',
    't=',
    v1,
    `t=${at}`,
    `t=${at},v1=`,
    `t=${at},v1=zz`,
    `t=${at},${v1.slice(0, -2)}`,
    `t=${at},${v1}00`,
    `t=-${at},${v1}`,
    `t=1e9,${v1}`,
    `t=${at}.0,${v1}`,
    `t=${at},t=${at},${v1}`,
    `t=${at},v0=${v1.slice(3)}`,
  ]) {
    assert.match(verify(header, body, ['s'], at).error, /no signature|fits none/, String(header))
  }
  assert.match(verify(good, Buffer.from('{"tags":["x"]}'), ['s'], at).error, /fits none/)
})
