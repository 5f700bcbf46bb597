import { fetchView } from '../../freshet.js'
import { Numbers } from '../../numbers.js'

export const getStaticPaths = () => ({ paths: [], fallback: 'blocking' })

export const getStaticProps = async ({ params }) => ({
  props: { counter: await fetchView('counter', { cohort: params.cohort }) },
})

export default function Legacy({ counter }) {
  return (
    <main>
      <h1>Cohort {counter.cohort}, of the pages router</h1>
      <Numbers counters={[counter]} />
    </main>
  )
}
