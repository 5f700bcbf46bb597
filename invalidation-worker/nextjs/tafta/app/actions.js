'use server'

import { updateTag } from 'next/cache'
import { emit, readView, viewTags } from '../lib/freshet.js'
import { deliverProgress } from '../lib/thinkific.js'

// An application of your own asks here who the visitor is, and whether they may.

/** Approves the applicant whose button was pressed. The answer comes with the page as it is then. */
export async function approve(_, form) {
  const email = String(form.get('email'))
  return told(async () => {
    const start = performance.now()
    const { applied } = await emit('applicant.approved', { email }, { wait: 'applied' })
    if (!applied) return `${email}: accepted, and visible soon.`
    // This instance need not wait for Freshet's call, which is on its way to all of them.
    const shown = [viewTags('dashboard'), viewTags('statistics'), viewTags('user', { email })]
    const cohorts = form.getAll('cohortId').map((cohortId) => viewTags('cohort', { cohortId: Number(cohortId) }))
    for (const tag of [...shown, ...cohorts].flat()) updateTag(tag)
    return `${email} is approved: written, and every cached read fresh, after ${since(start)}.`
  })
}

/** Thinkific says that somebody has made progress. What this page shows of it, Freshet's call has to bring about. */
export async function progress(_, form) {
  return told(async () => {
    const enrollment = form.has('enrollmentId') ? given(form) : await anyoneOf(Number(form.get('cohortId')))
    if (!enrollment) return 'Everybody here has completed their course.'
    const percentage = Math.min(1, Math.round(enrollment.percentageCompleted * 10 + 1) / 10)
    await deliverProgress({ ...enrollment, percentage })
    return `Thinkific’s webhook says that ${enrollment.email} is at ${percentage * 100} %. Watch it arrive.`
  })
}

function given(form) {
  return {
    id: Number(form.get('enrollmentId')),
    email: String(form.get('email')),
    percentageCompleted: Number(form.get('percentageCompleted')),
  }
}

async function anyoneOf(cohortId) {
  const { data: enrollments } = await readView('enrollments', { cohortId })
  const open = enrollments.filter((enrollment) => enrollment.percentageCompleted < 1)
  return open[Math.floor(Math.random() * open.length)]
}

/** What an action throws, Next.js would keep from the visitor. Here that is a developer, who wants to know. */
async function told(action) {
  try {
    return { message: await action() }
  } catch (error) {
    console.error(error)
    return { failed: true, message: error.message }
  }
}

const since = (start) => `${Math.round(performance.now() - start)} ms`
