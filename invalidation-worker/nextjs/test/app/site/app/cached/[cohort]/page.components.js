import { cacheLife, cacheTag } from 'next/cache'
import { readView } from '../../../freshet.js'
import { Numbers } from '../../../numbers.js'

export const generateStaticParams = () => [{ cohort: '1' }]

async function counterOf(cohort) {
  'use cache'
  cacheLife('max')
  const { data, tags } = await readView('counter', { cohort })
  cacheTag(...tags)
  return data
}

export default async function Cached({ params }) {
  const counter = await counterOf((await params).cohort)
  return (
    <main>
      <h1>Cohort {counter.cohort}, by use cache</h1>
      <Numbers counters={[counter]} />
    </main>
  )
}
