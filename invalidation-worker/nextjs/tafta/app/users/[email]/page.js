import { notFound } from 'next/navigation'
import { User } from '../../../components/user.js'

export const generateStaticParams = () => []

export async function generateMetadata({ params }) {
  return { title: emailOf(await params) }
}

export default async function UserPage({ params }) {
  return <User email={emailOf(await params)} />
}

/** Lower case, as in the tags of the catalog: Ada@example.com and ada@example.com are one person. */
function emailOf({ email }) {
  try {
    return decodeURIComponent(email).toLowerCase()
  } catch {
    return notFound()
  }
}
