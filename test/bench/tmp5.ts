import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { httpLoad } from './support/http-load.ts'
import { startRig } from './support/rig.ts'
const rig = await startRig()
const prof = process.argv[2] === 'prof' ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof5'] : []
const child = spawn(process.execPath, [...prof, fileURLToPath(new URL('./support/writ-server.ts', import.meta.url))], { env: { ...process.env, WRIT_LOG_LEVEL: 'error', DATABASE_URL: rig.url }, stdio: ['ignore', 'pipe', 'inherit'] })
const [line] = (await once(child.stdout, 'data')) as [Buffer]
const { url, token } = JSON.parse(line.toString())
for (let i = 0; i < 4; i++) {
  const r = await httpLoad({ url: `${url}/decisions/finance`, connections: 64, seconds: 3, body: JSON.stringify({ action: 'discount', subject: { type: 'customer', id: 'c-42' }, request: { discount: 0.08, margin: 0.31 } }), headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } })
  console.log(r)
}
child.kill('SIGTERM')
await once(child, 'exit')
await rig.stop()
