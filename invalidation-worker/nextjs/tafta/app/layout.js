import { Live } from '../components/live.js'
import './globals.css'

export const metadata = {
  title: { default: 'TAFTA', template: '%s · TAFTA' },
  description: 'Monitoring and evaluation of cohorts, kept fresh by Freshet',
}

export const viewport = { colorScheme: 'light dark' }

// Plain links: the router of the browser would keep pages that it has seen, and show them again.
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <header className="bar">
          <a className="brand" href="/dashboard">
            <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
              <path className="drop" d="M16 3c5 6.2 9 10.8 9 16a9 9 0 0 1-18 0c0-5.2 4-9.8 9-16z" />
              <path className="wave" d="M9 19.5c2.3-1.8 4.7-1.8 7 0s4.7 1.8 7 0" />
            </svg>
            <span>
              <strong>TAFTA</strong>
              <small>Monitoring and evaluation</small>
            </span>
          </a>
          <Live />
        </header>
        <main id="content">{children}</main>
        <footer>
          Sample rows on <code>./freshet dev</code>. Nothing here is anybody’s data.
        </footer>
      </body>
    </html>
  )
}
