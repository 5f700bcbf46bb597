export const metadata = { title: 'Numbers' }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body style={{ font: '20px system-ui, sans-serif', margin: '2rem' }}>{children}</body>
    </html>
  )
}
