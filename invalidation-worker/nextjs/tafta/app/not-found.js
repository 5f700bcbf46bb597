export const metadata = { title: 'Not found' }

export default function NotFound() {
  return (
    <section className="notice">
      <h1>There is no such page</h1>
      <p>
        Cohorts are whole numbers, such as <a href="/dashboard/3">/dashboard/3</a>. All of them are on the{' '}
        <a href="/dashboard">dashboard</a>.
      </p>
    </section>
  )
}
