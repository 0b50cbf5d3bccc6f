import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { program } from './program.ts'

const commands = (command: Command, name = command.name()): [string, Command][] => [
  [name, command],
  ...command.commands.flatMap((inner) => commands(inner, `${name} ${inner.name()}`)),
]

/** What `--help` shows, the texts around it included. */
const helpOf = (command: Command): string => {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp()
  return text
}

const ALL = commands(program())

describe('the help of', () => {
  it.each(ALL)(
    '%s says what it does, and shows an example where it stands on its own',
    (name, command) => {
      const help = helpOf(command)
      expect(command.description()).not.toBe('')
      expect(help).toContain(command.description().slice(0, 20))
      const parent = ALL.find(([other]) => other === name.split(' ').slice(0, -1).join(' '))?.[1]
      const shownBy = parent === undefined || parent.name() === 'writ' ? command : parent
      if (name !== 'writ') expect(helpOf(shownBy)).toMatch(/Examples:\n {2}\$ /)
    },
  )

  it.each(ALL)('%s explains each of its options', (_, command) => {
    for (const option of command.options) {
      expect([option.flags, option.description]).not.toEqual([option.flags, ''])
    }
  })

  it('shows no example that the program would not understand', () => {
    const names = new Set(ALL.map(([name]) => name))
    const examples = ALL.flatMap(([, command]) => [
      ...helpOf(command).matchAll(/\$ (?:\S+=\S+ )*(writ .*)/g),
    ])
    expect(examples.length).toBeGreaterThan(10)
    for (const [, line = ''] of examples) {
      for (const part of line.split(' && ')) {
        const words = part.split(' ')
        const known =
          names.has(words.slice(0, 3).join(' ')) || names.has(words.slice(0, 2).join(' '))
        expect([part, known]).toEqual([part, true])
      }
    }
  })
})

describe('a machine', () => {
  it('can ask every command but the groups and start for --json', () => {
    for (const [name, command] of ALL) {
      if (command.commands.length > 0 || name === 'writ start') continue
      expect([name, command.options.map(({ long }) => long)]).toEqual([
        name,
        expect.arrayContaining(['--json']),
      ])
    }
  })
})
