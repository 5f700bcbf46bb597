'use client'

import { useRouter } from 'next/navigation'
import { startTransition, useEffect } from 'react'

const EVERY_MS = 3000

export default function Failed({ reset }) {
  const router = useRouter()

  useEffect(() => {
    const again = () =>
      startTransition(() => {
        router.refresh()
        reset()
      })
    const timer = setInterval(again, EVERY_MS)
    return () => clearInterval(timer)
  }, [router, reset])

  return (
    <section className="notice" role="alert">
      <h1>This page cannot be made just now</h1>
      <p>
        Its data comes from the cached reads of Freshet, which gave no answer. Does <code>./freshet dev</code> run? What
        went wrong is in the terminal of <code>./freshet dashboard</code>.
      </p>
      <p>This page tries again by itself.</p>
    </section>
  )
}
