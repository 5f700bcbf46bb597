import { FreshetError } from './error.js'
import { encodeTag, render } from './tags.js'

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
/** What servers and proxies take for something else within a path: such a value goes into the query instead. */
const UNFIT_FOR_PATH = /^\.{0,2}$|[/\\%;]/
const MAX_TAG_LENGTH = 512
/** As Java has it: without the spaces that keep words together. */
const BLANK = /^[ \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]*$/

/** How each type writes a value, as Freshet does; undefined when it is none. */
const CANONICAL = {
  int: (text) => (/^[+-]?\d{1,64}$/.test(text) ? long(BigInt(text.replace('+', ''))) : undefined),
  text: (text) => (CONTROL.test(text) || !text.isWellFormed() ? undefined : text),
  date: (text) => (/^\d{4}-\d\d-\d\d$/.test(text) && isDay(text) ? text : undefined),
  bool: (text) => (text === 'true' || text === 'false' ? text : undefined),
  uuid: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined),
}
const EXPECTED = {
  int: 'a whole number',
  text: 'text',
  date: 'a date such as 2026-01-31',
  bool: 'true or false',
  uuid: 'a UUID',
}

const long = (number) => (BigInt.asIntN(64, number) === number ? String(number) : undefined)

const isDay = (text) => {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

/** The views of `GET /views`, which know what they take, where they are and what makes them old. */
export class Views {
  #views

  /** @param {{ views: Record<string, import('../index.d.ts').ViewDescription> }} file what `GET /views` answered */
  constructor(file) {
    if (typeof file?.views !== 'object' || file.views === null) {
      throw new FreshetError(
        'views must be what GET /views of freshet serve answers: curl $FRESHET_URL/views > freshet.views.json',
      )
    }
    this.#views = new Map(Object.entries(file.views))
  }

  /** @returns {import('../index.d.ts').ViewDescription} */
  get(name) {
    const view = this.#views.get(name)
    if (!view) throw new FreshetError(`there is no view ${name}; there are ${[...this.#views.keys()].join(', ')}`)
    return view
  }

  /**
   * What comes from the reader's token is in no address, and need not be given; a tag that it is part of is left out then.
   *
   * @returns {{ view: object, values: Record<string, string>, tags: string[], path: string }} one read of a view
   */
  read(name, params = {}) {
    const view = this.get(name)
    const values = parse(name, view.params, params, claimsOf(view))
    return { view, values, tags: tags(name, view, values), path: path(name, view, values) }
  }

  /** @returns {string[]} all tags of a value, for which what comes from a token must be given too */
  tags(name, params = {}) {
    const view = this.get(name)
    return tags(name, view, parse(name, view.params, params, []))
  }
}

/** Parameters whose values Freshet takes from the token alone; files that were saved before there were any have none. */
const claimsOf = (view) => view.claims ?? []

/** Whether a token of the one who reads it is needed. */
export const isForUsers = (view) => view.user ?? claimsOf(view).length > 0

/** @returns {Record<string, string>} a value for each parameter, written in the one way that its type has */
function parse(name, params, given, optional) {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(params, key)) {
      const known = Object.keys(params).join(', ') || 'none'
      throw new FreshetError(`there is no parameter ${key}; ${name} takes ${known}`)
    }
  }
  const wanted = Object.entries(params).filter(([key]) => !(optional.includes(key) && given[key] == null))
  return Object.fromEntries(
    wanted.map(([key, param]) => {
      const value = given[key] ?? byDefault(param)
      if (value === undefined) throw new FreshetError(`${name}: ${key} is missing; it must be ${expected(param)}`)
      const text = ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
        ? canonical(param, String(value))
        : undefined
      if (text === undefined) {
        throw new FreshetError(`${name}: ${key} must be ${expected(param)}, was '${String(value).slice(0, 40)}'`)
      }
      return [key, text]
    }),
  )
}

/** Today's date is that of UTC. It stands in the address, so that no answer is taken for another day's. */
const byDefault = (param) =>
  param.type === 'date' && param.default === 'today' ? new Date().toISOString().slice(0, 10) : param.default

function canonical({ type, min, max, maxLength, oneOf }, text) {
  const value = CANONICAL[type]?.(text)
  if (value === undefined) return undefined
  if (type === 'int' && (Number(value) < (min ?? -Infinity) || Number(value) > (max ?? Infinity))) return undefined
  if (maxLength !== undefined && value.length > maxLength) return undefined
  return oneOf && !oneOf.includes(value) ? undefined : value
}

function expected({ type, min, max, maxLength, oneOf }) {
  if (oneOf) return `one of ${oneOf.join(', ')}`
  if (type === 'text' && maxLength !== undefined) return `text of at most ${maxLength} characters`
  return EXPECTED[type] + (min === undefined ? '' : ` from ${min}`) + (max === undefined ? '' : ` to ${max}`)
}

/** As the catalog says, encoded. A tag whose placeholder is empty by default is left out, as no event names it. */
function tags(name, view, values) {
  const unknown = claimsOf(view).filter((key) => !Object.hasOwn(values, key))
  const rendered = view.tags
    .filter((template) => !unknown.some((key) => template.includes(`{${key}}`)))
    .map((template) => render(template, values) ?? leftOut(name, view, values, template))
    .filter((tag) => !BLANK.test(tag) && tag.length <= MAX_TAG_LENGTH)
  return [...new Set(rendered)].map(encodeTag)
}

function leftOut(name, view, values, template) {
  const empty = Object.keys(values).find((key) => values[key] === '' && template.includes(`{${key}}`))
  if (empty && view.params[empty].default === '') return ''
  throw new FreshetError(`${name}: ${empty} is empty, so that nothing could name its tag ${template}`)
}

/** One address for one value: what is as by default is left out. */
function path(name, view, values) {
  const inPath = new Set(Array.from((view.route ?? '').matchAll(/\{(\w+)\}/g), (match) => match[1]))
  const isFit = view.route && [...inPath].every((key) => !UNFIT_FOR_PATH.test(values[key]))
  const base = isFit
    ? view.route.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(values[key]))
    : `/views/${encodeURIComponent(name)}`
  const query = new URLSearchParams(
    Object.entries(values).filter(
      ([key, value]) =>
        !(isFit && inPath.has(key)) && !claimsOf(view).includes(key) && value !== view.params[key].default,
    ),
  )
  return query.size > 0 ? `${base}?${query}` : base
}
