import assert from 'node:assert/strict'
import test from 'node:test'
import { encodeTag } from '../index.js'
import { render } from '../lib/tags.js'
import { tagEncodings, templates } from './vectors.js'

for (const { why, tag, encoded } of tagEncodings()) {
  test(`both sides call a tag the same: ${why}`, () => assert.equal(encodeTag(tag), encoded))
}

for (const { why, template, values, rendered } of templates()) {
  test(`both sides render alike: ${why}`, () => assert.equal(render(template, values), rendered))
}
