import { fetchView } from '../../../freshet.js'
import { Numbers } from '../../../numbers.js'

/** One is rendered by the build, the others when somebody asks for them. */
export const generateStaticParams = () => [{ cohort: '1' }]

const counterOf = async (params) => fetchView('counter', { cohort: (await params).cohort })

export async function generateMetadata({ params }) {
  const { cohort, value } = await counterOf(params)
  return { title: `Cohort ${cohort}`, other: { 'freshet-version': String(value) } }
}

export default async function Cohort({ params }) {
  const counter = await counterOf(params)
  return (
    <main>
      <h1>Cohort {counter.cohort}</h1>
      <Numbers counters={[counter]} />
    </main>
  )
}
