import { approve } from '../app/actions.js'
import { readView } from '../lib/freshet.js'
import { ActionForm, Press } from './action-form.js'
import { Figure } from './figure.js'
import { Progress, Status, Table, Tile, percent } from './parts.js'
import { Rendered } from './rendered.js'

export async function Cohort({ cohortId }) {
  const { data: applicants, loadedAt } = await readView('cohort', { cohortId })
  const learning = applicants.filter(({ progress }) => progress !== null)
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)
  return (
    <>
      <nav aria-label="Breadcrumb">
        <a href="/dashboard">Cohorts</a>
      </nav>
      <div className="head">
        <h1>Cohort {cohortId}</h1>
        <Rendered at={new Date()} loadedAt={loadedAt} />
      </div>
      <dl className="tiles">
        <Tile name="Applicants">{applicants.length}</Tile>
        <Tile name="Approved">{applicants.filter(({ status }) => status === 'approved').length}</Tile>
        <Tile name="Enrollments">{sum(applicants.map(({ enrollments }) => enrollments))}</Tile>
        <Tile name="Average progress">
          {percent(learning.length === 0 ? null : sum(learning.map(({ progress }) => progress)) / learning.length, 1)}
        </Tile>
        <Tile name="Lessons">{sum(applicants.map(({ lessons }) => lessons))}</Tile>
      </dl>
      {applicants.length === 0 ? (
        <p className="hint">Nobody has applied to this cohort.</p>
      ) : (
        <ActionForm action={approve}>
          <input type="hidden" name="cohortId" value={cohortId} />
          <Table caption={`Applicants of cohort ${cohortId}`}>
            <thead>
              <tr>
                <th scope="col">Applicant</th>
                <th scope="col">Status</th>
                <th scope="col">Progress</th>
                <th scope="col" className="number wide">
                  Lessons
                </th>
                <th scope="col" className="number wide">
                  Best grade
                </th>
                <th scope="col">
                  <span className="unseen">Approve</span>
                </th>
              </tr>
            </thead>
            <tbody>{applicants.map(row)}</tbody>
          </Table>
        </ActionForm>
      )}
    </>
  )
}

function row({ email, name, status, progress, lessons, bestGrade }) {
  return (
    <tr key={email}>
      <th scope="row">
        <a href={`/users/${encodeURIComponent(email)}`}>{name}</a>
        <small className="wide">{email}</small>
      </th>
      <td>
        <Status>{status}</Status>
      </td>
      <td>
        <Progress of={progress} />
      </td>
      <td className="number wide">
        <Figure>{lessons}</Figure>
      </td>
      <td className="number wide">
        <Figure>{bestGrade ?? '–'}</Figure>
      </td>
      <td className="acts">
        {status === 'pending' && (
          <Press name="email" value={email} label={`Approve ${name}`}>
            Approve
          </Press>
        )}
      </td>
    </tr>
  )
}
