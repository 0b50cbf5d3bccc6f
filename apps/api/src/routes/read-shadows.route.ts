import { shadowShares } from '@writ/commands'
import { ShadowPath, ShadowQuery, ShadowReport, ShadowReportQuery, Shadows } from '@writ/contracts'
import { Problem } from '@writ/kernel'
import { shadowCounts, shadowsBy } from '@writ/projections'
import type { Api, RouteDeps } from '../api.ts'
import { readModelRoute } from '../http/read-model-route.ts'

export const listShadowsRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/shadows',
    scope: 'policies:read',
    projection: 'shadows',
    tag: 'policies',
    summary: 'Shadow runs, those started last first',
    problems: ['cursor-invalid'],
    querystring: ShadowQuery,
    reply: Shadows,
    read: ({ sql, caller, query: { after, ...query } }) =>
      shadowsBy(sql, caller.ledger, {
        ...query,
        ...(after === undefined ? {} : { cursor: after }),
      }),
  })

export const readShadowRoute = (api: Api, deps: RouteDeps): Api =>
  readModelRoute(api, deps, {
    url: '/shadows/:id',
    scope: 'policies:read',
    projection: 'shadows',
    tag: 'policies',
    summary: 'What a candidate made of live decisions so far',
    problems: ['shadow-not-found'],
    querystring: ShadowReportQuery,
    params: ShadowPath,
    reply: ShadowReport,
    read: async ({ sql, caller, query, path }) => {
      const id = path.id.toLowerCase()
      const found = await shadowCounts(sql, caller.ledger, { ...query, id })
      if (found instanceof Problem) return found
      const { classes, differences, ...run } = found.run
      return {
        ...{ ...run, position: found.position, shares: shadowShares(run.evaluated, classes) },
        differences: differences.map((one) => ({ ...one, href: `/decisions/${one.decision}` })),
      }
    },
  })
