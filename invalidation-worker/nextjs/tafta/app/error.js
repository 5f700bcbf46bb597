'use client'

export default function Failed() {
  return (
    <section className="notice" role="alert">
      <h1>This page cannot be made just now</h1>
      <p>
        Its data comes from the cached reads of Freshet, which gave no answer. Does <code>./freshet dev</code> run? What
        went wrong is in the terminal of <code>./freshet dashboard</code>.
      </p>
      <button type="button" onClick={() => location.reload()}>
        Try again
      </button>
    </section>
  )
}
