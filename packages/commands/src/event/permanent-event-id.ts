import type { SqlDatabase } from '@writ/kernel'
import { hmacSha256, labelledBytes } from '@writ/kernel'
import { tenantSecret } from '@writ/privacy'
import type { Deps } from '../deps.ts'

/**
 * The id of an event whose producer gives (source, id) but no time: the first sight fixes it in a row for ever, so that
 * a redelivery next year still doubles nothing (DESIGN §4.2). Only a keyed digest of the pair is stored.
 */
export const permanentEventId = async (
  {
    database,
    secrets,
    newId,
  }: Pick<Deps, 'secrets' | 'newId'> & { readonly database: SqlDatabase },
  tenant: string,
  producer: { readonly source: string; readonly id: string },
): Promise<string> => {
  const secret = tenantSecret(secrets, tenant, 'external-event')
  const mac = hmacSha256(secret, labelledBytes('writ/v1/ext-id', [producer.source, producer.id]))
  await database.query({
    text: `insert into log.external_ids (tenant, external_mac, event_id) values ($1, $2, $3)
      on conflict on constraint external_ids_pk do nothing`,
    values: [tenant, mac, newId()],
  })
  const [row] = await database.query<{ event_id: string }>({
    text: 'select event_id from log.external_ids where tenant = $1 and external_mac = $2',
    values: [tenant, mac],
  })
  return (row as { event_id: string }).event_id
}
