import { notFound } from 'next/navigation'
import { Cohort } from '../../../components/cohort.js'
import { Overview } from '../../../components/overview.js'

/**
 * Both /dashboard and /dashboard/3. No page is made by `next build`, which then needs no data: the first visitor of
 * each has it made, and it stays in the cache until Freshet tells of a change. A page.js in app/dashboard itself
 * has no parameter, so the build would make it.
 */
export const generateStaticParams = () => []

export async function generateMetadata({ params }) {
  const cohortId = cohortOf(await params)
  return { title: cohortId === undefined ? 'Cohorts' : `Cohort ${cohortId}` }
}

export default async function DashboardPage({ params }) {
  const cohortId = cohortOf(await params)
  return cohortId === undefined ? <Overview /> : <Cohort cohortId={cohortId} />
}

function cohortOf({ cohort = [] }) {
  if (cohort.length === 0) return undefined
  if (cohort.length > 1 || !/^[1-9]\d{0,4}$/.test(cohort[0])) notFound()
  return Number(cohort[0])
}
