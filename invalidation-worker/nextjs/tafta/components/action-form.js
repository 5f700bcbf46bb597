'use client'

import { useActionState } from 'react'
import { useFormStatus } from 'react-dom'

/** A form that says what became of its action. Its buttons are {@link Press}. */
export function ActionForm({ action, children }) {
  const [said, submit] = useActionState(action, null)
  return (
    <form action={submit}>
      {children}
      <output className={said?.failed ? 'said failed' : 'said'} aria-live="polite">
        {said?.message}
      </output>
    </form>
  )
}

/** A button that cannot be pressed while its form is under way, and says so if it was the one. */
export function Press({ name, value, label, children }) {
  const { pending, data } = useFormStatus()
  const isMine = pending && (!name || data?.get(name) === String(value))
  return (
    <button type="submit" name={name} value={value} aria-label={label} disabled={pending} data-busy={isMine || undefined}>
      {children}
    </button>
  )
}
