import { fetchView } from '../../freshet.js'
import { Numbers } from '../../numbers.js'

export default async function Dashboard() {
  return (
    <main>
      <h1>Dashboard</h1>
      <Numbers counters={await fetchView('dashboard')} />
    </main>
  )
}
