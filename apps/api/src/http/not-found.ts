import { Problem } from '@writ/kernel'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Api } from '../api.ts'
import { refuse } from './problem-reply.ts'

/**
 * Fastify answers 404 where only the method is wrong. This remembers each route as it registers, so that a wrong
 * method is told apart: 405 with `Allow`.
 */
export const watchMethods = (
  api: Api,
): ((request: FastifyRequest, reply: FastifyReply) => void) => {
  const methodsOf = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>()
  api.addHook('onRoute', ({ url, method }: RouteOptions) => {
    const known = methodsOf.get(url) ?? { path: pathPattern(url), methods: new Set() }
    for (const one of [method].flat()) known.methods.add(one)
    methodsOf.set(url, known)
  })
  return (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = new Set<string>()
    for (const route of methodsOf.values()) {
      if (route.path.test(path)) for (const method of route.methods) allowed.add(method)
    }
    if (allowed.size === 0) {
      refuse(reply, new Problem('not-found', ''))
      return
    }
    const allow = [...allowed].sort().join(', ')
    reply.header('Allow', allow)
    refuse(reply, new Problem('method-not-allowed', `This route takes ${allow}.`))
  }
}

/** `/events/:id` → `^/events/[^/]+$` */
const pathPattern = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[A-Za-z]+/g, '[^/]+')
      .replace(/\*/g, '.*')}$`,
  )
