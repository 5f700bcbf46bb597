import { createHash } from 'node:crypto'

const MAX_LENGTH = 256
const DIGEST_DIGITS = 32
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g

const isPlain = (byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x2c && byte !== 0x25 // printable ASCII but , and %

/** See index.d.ts. */
export function encodeTag(tag) {
  const encode = (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  const text = Array.from(new TextEncoder().encode(tag), encode).join('')
  if (text.length <= MAX_LENGTH) return text
  const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST_DIGITS)
  return `${text.slice(0, MAX_LENGTH - 1 - DIGEST_DIGITS)}~${digest}`
}

/**
 * Fills a template of the catalog the way Freshet does: e-mail addresses become lower case.
 *
 * @param {string} template such as `cohort:{cohortId}`
 * @param {Record<string, string>} values
 * @returns {string | null} null when a placeholder has no value or an empty one
 */
export function render(template, values) {
  let whole = true
  const text = template.replace(PLACEHOLDER, (_, name) => {
    const value = Object.hasOwn(values, name) ? values[name] : ''
    whole &&= value !== ''
    return value.includes('@') ? value.toLowerCase() : value
  })
  return whole ? text : null
}
