/** What a call of Freshet says is old. */
export interface Call {
  /** as Next.js knows them: encoded */
  tags: string[]
  paths: string[]
  /** Freshet does not know what this process has missed: all of it is old */
  everything: boolean
}

export interface ReceiverOptions {
  /** any of which may have signed; `process.env.REVALIDATE_SECRET`, separated by commas, unless given */
  secrets?: string | readonly (string | undefined)[]
  /**
   * After how many ms of uptime `GET` answers 200 even though Freshet has told nothing yet, so that a Freshet that is away
   * keeps no site down. 30,000 unless given
   */
  readyAfter?: number
}

export interface RevalidateOptions extends ReceiverOptions {
  /**
   * All instances keep everything in one place, and none of it in the process, so that one that restarts has missed
   * nothing: no boot id is said, and it is always ready
   */
  shared?: boolean
  /** Awaited before the call is confirmed; when it rejects, Freshet is answered 503 and tells again. */
  stored?: (call: Call) => unknown
  /** how many ms `stored` may take; 8,000 unless given */
  storedTimeout?: number
}

/**
 * The route that Freshet calls, as `app/api/revalidate/route.js`:
 *
 * ```js
 * import { revalidateRoute } from 'freshet-nextjs/route'
 * export const { GET, POST } = revalidateRoute()
 * ```
 *
 * `POST` expires tags and paths, so that the next visitor waits for fresh data. `GET` is a readiness probe.
 */
export function revalidateRoute(options?: RevalidateOptions): {
  GET(request: Request): Promise<Response>
  POST(request: Request): Promise<Response>
}
