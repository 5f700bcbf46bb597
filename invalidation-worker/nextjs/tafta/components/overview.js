import { progress } from '../app/actions.js'
import { readView } from '../lib/freshet.js'
import { ActionForm, Press } from './action-form.js'
import { Figure } from './figure.js'
import { Progress, Table, Tile, money, percent } from './parts.js'
import { Rendered } from './rendered.js'

export async function Overview() {
  const [{ data: cohorts, loadedAt }, { data: statistics }] = await Promise.all([
    readView('dashboard'),
    readView('statistics'),
  ])
  return (
    <>
      <div className="head">
        <h1>Cohorts</h1>
        <Rendered at={new Date()} loadedAt={loadedAt} />
      </div>
      <dl className="tiles">
        <Tile name="Applicants" note={`${statistics.approved} approved`}>
          {statistics.applicants}
        </Tile>
        <Tile name="Enrollments" note={`${statistics.completed} completed`}>
          {statistics.enrollments}
        </Tile>
        <Tile name="Average progress">{percent(statistics.averageProgress, 1)}</Tile>
        <Tile name="Revenue" note={`${statistics.orders} orders`}>
          {money(statistics.revenueCents)}
        </Tile>
        <Tile name="People" note={`${statistics.leads} more as leads`}>
          {statistics.users}
        </Tile>
      </dl>
      <ActionForm action={progress}>
        <Table caption="Cohorts and how far they are">
          <thead>
            <tr>
              <th scope="col">Cohort</th>
              <th scope="col" className="wide">
                Starts
              </th>
              <th scope="col" className="number wide">
                Applicants
              </th>
              <th scope="col" className="number wide">
                Approved
              </th>
              <th scope="col" className="number wide">
                Enrollments
              </th>
              <th scope="col" className="number wide">
                Completed
              </th>
              <th scope="col">Average progress</th>
              <th scope="col">
                <span className="unseen">Try it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {cohorts.map((cohort) => (
              <tr key={cohort.cohortId}>
                <th scope="row">
                  <a href={`/dashboard/${cohort.cohortId}`}>{cohort.name}</a>
                </th>
                <td className="wide">{cohort.startsOn}</td>
                <td className="number wide">
                  <Figure>{cohort.applicants}</Figure>
                </td>
                <td className="number wide">
                  <Figure>{cohort.approved}</Figure>
                </td>
                <td className="number wide">
                  <Figure>{cohort.enrollments}</Figure>
                </td>
                <td className="number wide">
                  <Figure>{cohort.completed}</Figure>
                </td>
                <td>
                  <Progress of={cohort.averageProgress} digits={1} />
                </td>
                <td className="acts">
                  <Press name="cohortId" value={cohort.cohortId} label={`Somebody of ${cohort.name} makes progress`}>
                    Simulate
                  </Press>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      </ActionForm>
      <p className="hint">
        <b>Simulate</b> sends the webhook that Thinkific would when somebody of the cohort has learned. Freshet
        writes it to PostgreSQL, makes the cached reads fresh and tells this server, whose next visitor has the page
        rendered anew. The pages of the other cohorts stay as they are.
      </p>
    </>
  )
}
