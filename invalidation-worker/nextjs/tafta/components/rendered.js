'use client'

import { useEffect, useState } from 'react'

/**
 * Says when the page was made and how old its data is, by the visitor's clock, and lights up while the page is new.
 *
 * @param {{ at: Date, loadedAt: Date | null }} props loadedAt: when Freshet read the data from the database
 */
export function Rendered({ at, loadedAt }) {
  const [now, setNow] = useState(null) // the server does not know the visitor's zone

  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])

  const clock = (time) => (now === null ? `${time.toISOString().slice(11, 19)} UTC` : time.toLocaleTimeString())
  return (
    <div className={now !== null && now - at < 10_000 ? 'rendered new' : 'rendered'}>
      <span className="dot" aria-hidden="true" />
      <span>
        Rendered <time dateTime={at.toISOString()}>{clock(at)}</time> {now !== null && <b>{ago(now - at)}</b>}
      </span>
      {loadedAt && now !== null && (
        <span>
          Data read <b>{ago(now - loadedAt)}</b>
        </span>
      )}
      <span className="unseen" role="status">
        {now !== null && `Page of ${clock(at)}`}
      </span>
    </div>
  )
}

function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`
}
