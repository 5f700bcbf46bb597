import { isPattern, spellings } from './paths.js'
import { createReceiver, readBody } from './receiver.js'
import { SIGNATURE_HEADER } from './signature.js'

/**
 * The route handler over Next.js' own functions, which come in so that tests need no Next.js.
 *
 * @param {{ revalidateTag: Function, revalidatePath: Function }} next
 * @param {import('../route.d.ts').RevalidateOptions} options
 */
export function revalidation({ revalidateTag, revalidatePath }, { stored, storedTimeout, ...options } = {}) {
  async function act(call) {
    if (call.everything) revalidatePath('/', 'layout')
    // expire: 0 makes the next visitor wait for fresh data in 16; 14 and 15, where that is always so, ignore it
    for (const tag of call.tags) revalidateTag(tag, { expire: 0 })
    for (const path of call.paths.flatMap(spellings)) {
      isPattern(path) ? revalidatePath(path, 'page') : revalidatePath(path)
    }
    await stored?.(call)
  }
  const receiver = createReceiver('route', act, { ...options, actTimeout: storedTimeout })

  return {
    async GET(request) {
      request.headers.get(SIGNATURE_HEADER) // makes the route dynamic in every version: it must not be run by a build
      return respond(receiver.probe())
    },
    async POST(request) {
      return respond(await receiver.receive(request.headers.get(SIGNATURE_HEADER), () => readBody(request.body ?? [])))
    },
  }
}

const respond = ({ status, body, headers }) =>
  Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } })
