import { createFreshet } from 'freshet-nextjs'
import views from './freshet.views.json'

export const { fetchView, readView } = createFreshet({ views })
