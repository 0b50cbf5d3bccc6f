/** `Link` to the next page: the same question, further on. */
export const nextLink = (
  path: string,
  query: Readonly<Record<string, unknown>>,
  next: number | string,
): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (name !== 'after' && value !== undefined) search.set(name, String(value))
  }
  search.set('after', String(next))
  return `<${path}?${search}>; rel="next"`
}
