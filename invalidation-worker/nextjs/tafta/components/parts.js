import { Figure } from './figure.js'

/** @param {number | null} fraction null when there is none */
export const percent = (fraction, digits = 0) => (fraction === null ? '–' : `${(fraction * 100).toFixed(digits)} %`)

export const money = (cents) => (cents / 100).toLocaleString('en', { style: 'currency', currency: 'USD' })

/** A number large enough to be seen from the door. */
export function Tile({ name, note, children }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>
        <Figure>{children}</Figure>
        {note && <small>{note}</small>}
      </dd>
    </div>
  )
}

/** @param {{ of: number | null }} props of: a fraction, null when there is none */
export function Progress({ of: fraction, digits }) {
  return (
    <span className="progress">
      <span className="track" aria-hidden="true">
        <span style={{ inlineSize: `${(fraction ?? 0) * 100}%` }} />
      </span>
      <Figure>{percent(fraction, digits)}</Figure>
    </span>
  )
}

export function Status({ children: status }) {
  return (
    <span className={`status ${status}`}>
      <Figure>{status}</Figure>
    </span>
  )
}

/** A table that a narrow window can scroll, also by keyboard. */
export function Table({ caption, children }) {
  return (
    <div className="table" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        {children}
      </table>
    </div>
  )
}
