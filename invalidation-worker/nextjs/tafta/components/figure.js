'use client'

import { useState } from 'react'

/** A value that lights up when it becomes another one under the visitor's eyes. */
export function Figure({ children }) {
  const value = [children].flat().join('')
  const [first] = useState(value)
  return (
    <span key={value} className={value === first ? 'figure' : 'figure changed'}>
      {value}
    </span>
  )
}
