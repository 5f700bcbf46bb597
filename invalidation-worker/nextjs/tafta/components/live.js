'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'

const EVERY_MS = 2000

/** Asks for the page again and again, which the server answers from its cache until Freshet has told it otherwise. */
export function Live() {
  const router = useRouter()
  const [on, setOn] = useState(true)

  useEffect(() => {
    if (!on) return
    const timer = setInterval(() => document.visibilityState === 'visible' && router.refresh(), EVERY_MS)
    return () => clearInterval(timer)
  }, [on, router])

  return (
    <label className="live">
      <input type="checkbox" role="switch" checked={on} onChange={(event) => setOn(event.target.checked)} />
      Look every 2 s
    </label>
  )
}
