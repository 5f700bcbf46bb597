import { randomUUID } from 'node:crypto'

const KEY = Symbol.for('freshet-nextjs')

/**
 * What this process knows of itself. On globalThis: Next.js may bundle a module several times, and each copy must answer
 * the same boot id.
 *
 * @returns {{ boot: string, receivers: Map<string, { told: boolean, calls: Map<string, any> }> }}
 */
const self = () => (globalThis[KEY] ??= { boot: randomUUID(), receivers: new Map() })

/** @returns {string} a UUID that a restarted process does not share */
export const boot = () => self().boot

/**
 * @param {string} name of the receiver
 * @returns {{ told: boolean, calls: Map<string, any> }} whether it was told everything since the process booted, and the
 *   calls that it remembers
 */
export function receiverState(name) {
  const { receivers } = self()
  if (!receivers.has(name)) receivers.set(name, { told: false, calls: new Map() })
  return receivers.get(name)
}
