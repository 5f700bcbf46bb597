'use client'

import { useEffect, useState } from 'react'

/**
 * Says when the page was made and how old its data is, in the visitor's time, and lights up while it is new.
 *
 * @param {{ at: string, data?: string }} props ISO times
 */
export function Rendered({ at, data }) {
  const [now, setNow] = useState(null) // the server's clock and zone are not the visitor's

  useEffect(() => {
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])

  const seconds = now === null ? null : Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  const isNew = seconds !== null && seconds < 10
  return (
    <p className={isNew ? 'rendered new' : 'rendered'}>
      <span className="dot" aria-hidden="true" />
      <span>
        Rendered <time dateTime={at}>{now === null ? at.slice(11, 19) : new Date(at).toLocaleTimeString()}</time>
        {seconds !== null && <b>{ago(seconds)}</b>}
      </span>
      {data && (
        <span>
          Data read <time dateTime={data}>{now === null ? data.slice(11, 19) : new Date(data).toLocaleTimeString()}</time>
        </span>
      )}
      <span className="unseen" role="status">
        {seconds !== null && `The page as of ${new Date(at).toLocaleTimeString()}`}
      </span>
    </p>
  )
}

function ago(seconds) {
  if (seconds < 60) return `${seconds} s ago`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`
}
