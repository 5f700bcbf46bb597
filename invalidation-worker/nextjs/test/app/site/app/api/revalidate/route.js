import { revalidateRoute } from 'freshet-nextjs/route'
import { sharedClocks } from '../../../shared-clocks.js'

export const { GET, POST } = revalidateRoute({ stored: sharedClocks() })
