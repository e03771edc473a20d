/** Mounts the console in the page. */
import { render } from 'preact'
import { Shell } from './shell/shell.tsx'
import './state/theme.ts'

const root = document.getElementById('app')
if (root) {
  root.replaceChildren()
  render(<Shell />, root)
}
