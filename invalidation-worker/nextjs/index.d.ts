/** A value of a view's parameter; null and undefined stand for its default. */
export type Param = string | number | bigint | boolean | null | undefined

/** A view as `GET /views` of `freshet serve` describes it. */
export interface ViewDescription {
  route?: string
  params: Record<string, ParamDescription>
  /** templates such as `cohort:{cohortId}` */
  tags: string[]
  /** seconds */
  ttl: number
  /** whether a token is needed to read it */
  access: boolean
  /** whether that must be a signed token of the one who reads it */
  user?: boolean
  /** parameters that come from the reader's token alone */
  claims?: string[]
  /** changes with everything that changes what a value means */
  version: string
}

export interface ParamDescription {
  type: string
  /** `today` of a date is the day it is in UTC */
  default?: string
  min?: number
  max?: number
  maxLength?: number
  oneOf?: string[]
}

export interface FreshetOptions {
  /** what `GET /views` answered, saved once: `curl $FRESHET_URL/views > freshet.views.json` */
  views?: { views: Record<string, object> }
  /** of `freshet serve`; `process.env.FRESHET_URL` unless given */
  url?: string
  /** for views with access; that of a user belongs to the read */
  token?: string
  /** of `freshet ingest`; `process.env.FRESHET_EVENTS_URL` unless given */
  eventsUrl?: string
  /** `process.env.EVENTS_SECRET` unless given */
  eventsSecret?: string
  /** how many ms a read may take; 10,000 unless given */
  timeout?: number
}

export interface ReadOptions {
  /** seconds until Next.js asks again though nothing has happened; the view's ttl unless given, `false` for never */
  revalidate?: number | false
  timeout?: number
  token?: string
}

export interface Read<T> {
  data: T
  /** how Freshet came by it when Next.js asked: HIT, MISS, STALE or BYPASS */
  cache: string | null
  etag: string | null
  /** when the value was read from the database, by the clock of Freshet's Redis; null where Freshet does not say */
  loadedAt: Date | null
  /** what makes it old, encoded */
  tags: string[]
}

export interface EmitOptions {
  /** answer only when no cached read can be old any more */
  wait?: 'applied'
  /** for all tries together, in ms; 15,000 unless given */
  timeout?: number
  /** names the event: the same one again changes nothing more. A new one unless given */
  id?: string
}

/** What `freshet ingest` answered. */
export interface Emitted {
  status: 'accepted' | 'duplicate' | 'dead'
  id: string
  /** only when it was waited for: false when it is safe but not applied yet */
  applied?: boolean
  /** false when the catalog has no such topic, so that nothing happens */
  known?: boolean
  message?: string
}

export interface Freshet {
  /**
   * Reads a view, cached by Next.js under the view's tags. A view with parameters from the reader's token is cached by
   * nobody but Freshet. Rejects with a FreshetError.
   */
  fetchView<T = unknown>(name: string, params?: Record<string, Param>, options?: ReadOptions): Promise<T>
  /** As `fetchView`, and says how Freshet came by the value. */
  readView<T = unknown>(name: string, params?: Record<string, Param>, options?: ReadOptions): Promise<Read<T>>
  /**
   * What makes this value old, encoded for `cacheTag` or a fetch of your own. Parameters that come from a reader's token
   * must be given here.
   */
  viewTags(name: string, params?: Record<string, Param>): string[]
  /** Tells of a change, once, however often it must be tried. Rejects with a FreshetError when it was not accepted. */
  emit(topic: string, payload?: object, options?: EmitOptions): Promise<Emitted>
}

export function createFreshet(options?: FreshetOptions): Freshet

/** A tag as Next.js is told of it: printable ASCII without commas, at most 256 characters. */
export function encodeTag(tag: string): string

export class FreshetError extends Error {
  /** of HTTP; undefined when there was no answer */
  readonly status?: number
  /** a word for programs, such as `bad_parameter` */
  readonly code?: string
  /** seconds */
  readonly retryAfter?: number
}
