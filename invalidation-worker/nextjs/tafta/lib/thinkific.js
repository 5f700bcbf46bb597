import { createHmac, randomUUID } from 'node:crypto'

/**
 * Delivers what Thinkific would when a student has made progress, signed as Thinkific signs. For a demonstration only:
 * an application has no business with Thinkific's secret.
 *
 * @param {{ id: number, email: string, percentage: number }} enrollment percentage: a fraction, 1 completes it
 */
export async function deliverProgress({ id, email, percentage }) {
  const now = new Date().toISOString()
  const isCompleted = percentage >= 1
  const body = JSON.stringify({
    id: randomUUID(),
    resource: 'enrollment',
    action: isCompleted ? 'completed' : 'progress',
    created_at: now,
    payload: {
      id,
      percentage_completed: String(percentage),
      completed_at: isCompleted ? now : null,
      user: { email },
    },
  })
  const secret = (process.env.THINKIFIC_SECRETS ?? '').split(',')[0]
  const answer = await fetch(`${process.env.FRESHET_EVENTS_URL}/webhooks/thinkific`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Thinkific-Hmac-Sha256': createHmac('sha256', secret).update(body).digest('hex'),
    },
    body,
    cache: 'no-store',
    signal: AbortSignal.timeout(10_000),
  })
  if (!answer.ok) throw new Error(`the webhook was answered ${answer.status}: ${await answer.text()}`)
}
