import { send } from './lib/emit.js'
import { answered, failed, FreshetError } from './lib/error.js'
import { secretsOf } from './lib/signature.js'
import { encodeTag } from './lib/tags.js'
import { isForUsers, Views } from './lib/views.js'

export { encodeTag, FreshetError }

/**
 * @param {import('./index.d.ts').FreshetOptions} [options]
 * @returns {import('./index.d.ts').Freshet}
 */
export function createFreshet({ views, url, token, eventsUrl, eventsSecret, timeout: patience = 10_000 } = {}) {
  const catalog = views && new Views(views)

  async function readView(name, params, { revalidate, timeout = patience, token: reader } = {}) {
    const { view, tags, path } = known().read(name, params)
    const address = base(url ?? process.env.FRESHET_URL, 'FRESHET_URL') + path
    // with the version, what was cached of another definition of the view is not taken for this one's
    const headers = { Accept: 'application/json', 'X-Freshet-View': String(view.version ?? '') }
    const own = reader ?? token
    if (own) headers.Authorization = `Bearer ${own}`
    const isPersonal = isForUsers(view)
    if (isPersonal && !reader) {
      throw new FreshetError(`view ${name} is for users; give the token of the one who reads it: { token }`)
    }
    // what is for users, even if for all that may read it alike, is kept by nobody; anything else is cached by all versions, for as long as this says
    const keeping = isPersonal ? { cache: 'no-store' } : { next: { tags, revalidate: revalidate ?? view.ttl } }
    try {
      const response = await fetch(address, { headers, ...keeping, signal: AbortSignal.timeout(timeout) })
      const data = await answered(`GET ${path}`, response)
      requireSameTags(name, tags, response.headers.get('cache-tag'))
      return {
        data,
        cache: response.headers.get('x-cache'),
        etag: response.headers.get('etag'),
        loadedAt: loadedAt(response.headers),
        tags,
      }
    } catch (cause) {
      throw failed(`GET ${path}`, address, timeout, cause)
    }
  }

  const known = () => {
    if (catalog) return catalog
    throw new FreshetError(
      'createFreshet was given no views; save them with curl $FRESHET_URL/views > freshet.views.json',
    )
  }

  return {
    readView,
    fetchView: async (name, params, options) => (await readView(name, params, options)).data,
    viewTags: (name, params) => known().tags(name, params),
    async emit(topic, payload = {}, options = {}) {
      const secrets = secretsOf(eventsSecret ?? process.env.EVENTS_SECRET)
      if (secrets.length === 0) throw new FreshetError('EVENTS_SECRET is not set; it signs events')
      return send({
        ...options,
        url: base(eventsUrl ?? process.env.FRESHET_EVENTS_URL, 'FRESHET_EVENTS_URL'),
        secrets,
        topic,
        payload,
      })
    },
  }
}

function base(url, setting) {
  if (/^https?:/.test(url) && URL.canParse(url)) return String(url).replace(/\/+$/, '')
  const is = url ? `is '${url}'` : 'is not set'
  throw new FreshetError(`${setting} ${is}; it must be an address such as http://localhost:8082`)
}

/** As Freshet says, or by the age that the answer had when Next.js got it; both of these are in whole seconds. */
function loadedAt(headers) {
  const said = Date.parse(headers.get('x-loaded-at') ?? '')
  if (!Number.isNaN(said)) return new Date(said)
  const sent = Date.parse(headers.get('date') ?? '')
  const age = Number(headers.get('age') ?? NaN)
  return Number.isNaN(sent + age) ? null : new Date(sent - age * 1_000)
}

/** A tag that the file does not have yet would never make the page fresh; one too many does no harm. */
function requireSameTags(name, tags, header) {
  if (header === null) return // a view that only some may read, or more tags than fit into a header
  const used = new Set(tags.map((tag) => tag.replaceAll(' ', '%20')))
  const missing = header.split(/[\s,]+/).filter((tag) => tag && !used.has(tag))
  if (missing.length > 0) {
    throw new FreshetError(
      `view ${name} is also made old by ${missing.join(', ')}, which the views given to createFreshet do not say; ` +
        'save them anew: curl $FRESHET_URL/views > freshet.views.json',
    )
  }
}
