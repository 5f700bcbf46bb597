import { revalidateRoute } from 'freshet-nextjs/route'

export const { GET, POST } = revalidateRoute()
