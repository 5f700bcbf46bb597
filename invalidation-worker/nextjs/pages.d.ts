import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ReceiverOptions } from './route.js'

export interface PagesOptions extends ReceiverOptions {
  /**
   * The pages of the pages router that are generated ahead, as they are visited, such as `/legacy`; or a function that
   * lists them. Of a call those are generated anew that it names, or all of them when it says that everything is old.
   */
  paths: readonly string[] | (() => readonly string[] | Promise<readonly string[]>)
  /** how many ms generating them may take together; 8,000 unless given */
  timeout?: number
}

/**
 * The same for the pages router, which `revalidateTag` and `revalidatePath` do not touch; as
 * `pages/api/revalidate-pages.js`, a front end of its own in the catalog:
 *
 * ```js
 * import { revalidatePages } from 'freshet-nextjs/pages'
 * export const config = { api: { bodyParser: false } } // the signature is of the bytes
 * export default revalidatePages({ paths: ['/legacy'] })
 * ```
 */
export function revalidatePages(
  options: PagesOptions,
): (
  req: IncomingMessage & { body?: unknown },
  res: ServerResponse & { revalidate(path: string): Promise<void> },
) => Promise<void>
