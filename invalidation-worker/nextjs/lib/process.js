import { randomUUID } from 'node:crypto'

const KEY = Symbol.for('freshet-nextjs')

/**
 * What this process knows of itself. On globalThis: Next.js may bundle a module several times, and each copy must answer
 * the same boot id.
 *
 * @returns {{ boot: string, bootedAt: number, receivers: Map<string, { told: boolean, calls: Map<string, unknown> }> }}
 */
const self = () => (globalThis[KEY] ??= { boot: randomUUID(), bootedAt: performance.timeOrigin, receivers: new Map() })

/** @returns {string} a UUID that a restarted process does not share */
export const boot = () => self().boot

/** @returns {number} for how many ms this process has been up */
export const uptime = () => performance.timeOrigin + performance.now() - self().bootedAt

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
