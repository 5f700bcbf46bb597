import { User } from '../../../components/user.js'

export const generateStaticParams = () => []

export async function generateMetadata({ params }) {
  return { title: emailOf(await params) }
}

export default async function UserPage({ params }) {
  return <User email={emailOf(await params)} />
}

/** Lower case, as in the tags of the catalog: Ada@example.com and ada@example.com are one person. */
const emailOf = ({ email }) => decodeURIComponent(email).toLowerCase()
